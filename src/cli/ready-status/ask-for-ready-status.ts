/** Telling the daemon, if there is one, that somebody wants a ready-made status. */

import { GityError } from "../../base/errors.ts";
import type { HomeLayout } from "../../base/home.ts";
import { STATUS_NOTE_MS_MAX } from "../../base/limits.ts";
import { clientOf } from "../../client/connect.ts";
import type { StatusForm } from "../../protocol/status-form.ts";

/** In this form, from now on. Never rejects; takes STATUS_NOTE_MS_MAX at most. */
export async function askForReadyStatus(
  layout: Pick<HomeLayout, "socket">,
  root: string,
  form: StatusForm,
): Promise<void> {
  try {
    await clientOf(layout).renewStatus(
      { path: root, form, waitMs: 0 },
      AbortSignal.timeout(STATUS_NOTE_MS_MAX),
    );
  } catch (error) {
    // There is git, whatever it was.
    if (!(error instanceof GityError || error instanceof SyntaxError)) {
      throw error;
    }
  }
}
