/** Asking the daemon, if there is one, for a ready-made status of now. */

import { GityError } from "../../base/errors.ts";
import type { HomeLayout } from "../../base/home.ts";
import { STATUS_RENEWAL_MS_MAX, STATUS_REPLY_MS_MAX } from "../../base/limits.ts";
import { clientOf } from "../../client/connect.ts";
import type { StatusForm } from "../../protocol/status-form.ts";

/** Whether there is one now, with this form in it. Never rejects; takes STATUS_REPLY_MS_MAX at most. */
export async function renew(
  layout: Pick<HomeLayout, "socket">,
  root: string,
  form: StatusForm,
): Promise<boolean> {
  try {
    const { isReady } = await clientOf(layout).renewStatus(
      { path: root, form, waitMs: STATUS_RENEWAL_MS_MAX },
      AbortSignal.timeout(STATUS_REPLY_MS_MAX),
    );
    return isReady;
  } catch (error) {
    // There is git, whatever it was.
    if (error instanceof GityError || error instanceof SyntaxError) {
      return false;
    }
    throw error;
  }
}
