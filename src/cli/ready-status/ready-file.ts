/** Reading the file of a ready-made status: this user's own, or none. */

import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from "node:fs";

import { OTHERS_MAY_WRITE } from "../../base/home.ts";
import { orUndefined } from "../../base/or-undefined.ts";
import { decodeReadyStatus, type ReadyStatus } from "../../protocol/ready-status.ts";

/** A named pipe is not waited for, and a link not followed. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Undefined when there is none, or not a whole one that this user's daemon can have written. */
export function readReadyStatus(path: string): ReadyStatus | undefined {
  const bytes = orUndefined(() => readOwn(path));
  return bytes === undefined ? undefined : decodeReadyStatus(bytes);
}

/** As requireSafeHome() has it, which also says why not. */
export function isOwnHome(home: string): boolean {
  const status = orUndefined(() => statSync(home));
  return (
    status !== undefined &&
    status.uid === process.geteuid?.() &&
    (status.mode & OTHERS_MAY_WRITE) === 0
  );
}

function readOwn(path: string): Buffer | undefined {
  const fd = openSync(path, FLAGS);
  try {
    const status = fstatSync(fd);
    return status.isFile() && status.uid === process.geteuid?.() ? readFileSync(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}
