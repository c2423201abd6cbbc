/** Telling the daemon, if there is one, that somebody wants a ready-made status, and waiting for one. */

import { GityError } from "../../base/errors.ts";
import type { HomeLayout } from "../../base/home.ts";
import { STATUS_NOTE_MS_MAX, STATUS_WAIT_MS_MAX } from "../../base/limits.ts";
import { clientOf } from "../../client/connect.ts";
import type { ReadyStatusReply, ReadyStatusRequest } from "../../protocol/api.ts";
import type { StatusForm } from "../../protocol/status-form.ts";

/** Takes note of the form. Never rejects; takes STATUS_NOTE_MS_MAX at most. */
export async function noteReadyStatus(
  layout: Pick<HomeLayout, "socket">,
  root: string,
  form: StatusForm,
): Promise<void> {
  await ask(layout, { path: root, form, waitMs: 0 });
}

/**
 * In this form, from now on. When one that is being made, or begun now, should be there, in milliseconds; undefined when
 * none is worth waiting for. Never rejects; takes STATUS_NOTE_MS_MAX at most.
 */
export async function askForReadyStatus(
  layout: Pick<HomeLayout, "socket">,
  root: string,
  form: StatusForm,
): Promise<number | undefined> {
  const reply = await ask(layout, { path: root, form, waitMs: 0, isPatient: true });
  return reply?.onItsWayMs ?? undefined;
}

/** One run of git for all who want the same: waits for the one that is on its way, and not much longer than that
 *  should take. Whether it is there now. Never rejects. */
export async function joinReadyStatus(
  layout: Pick<HomeLayout, "socket">,
  root: string,
  form: StatusForm,
  onItsWayMs: number,
): Promise<boolean> {
  const waitMs = Math.min(Math.ceil(onItsWayMs * PATIENCE), STATUS_WAIT_MS_MAX);
  return (await ask(layout, { path: root, form, waitMs }))?.isReady === true;
}

const PATIENCE = 1.5;

async function ask(
  layout: Pick<HomeLayout, "socket">,
  request: ReadyStatusRequest,
): Promise<ReadyStatusReply | undefined> {
  try {
    return await clientOf(layout).renewStatus(
      request,
      AbortSignal.timeout(request.waitMs + STATUS_NOTE_MS_MAX),
    );
  } catch (error) {
    // There is git, whatever it was.
    if (error instanceof GityError || error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
