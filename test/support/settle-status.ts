/**
 * A program that waits until there is a ready-made status, if the daemon has it soon: for tests that give way to
 * nothing else between two steps. `settle-status.ts SOCKET ROOT FORM`, the form as JSON.
 */

import { clientOf } from "../../src/client/connect.ts";
import { GityError } from "../../src/base/errors.ts";
import type { StatusForm } from "../../src/protocol/status-form.ts";

const WAIT_MS = 500;

const [socket = "", path = "", form = ""] = process.argv.slice(2);
try {
  await clientOf({ socket }).renewStatus({
    path,
    form: JSON.parse(form) as StatusForm,
    waitMs: WAIT_MS,
  });
} catch (error) {
  // There is no daemon now, or it knows no such worktree any more.
  if (!(error instanceof GityError)) {
    throw error;
  }
}
