/** What went wrong while a directory was mirrored, in words, and with the cure where there is one. */

import { GityError } from "../base/errors.ts";
import { EACCES, EDQUOT, EMFILE, ENOSPC, EPERM, errnoName, EROFS } from "../ffi/libc.ts";

const REASONS: Readonly<Record<number, readonly [reason: string, hint?: string]>> = {
  [ENOSPC]: [
    "no space left on device",
    "make room, or take from a worktree on the same file system, where content can be shared",
  ],
  [EDQUOT]: ["the disk quota is used up", "make room, or have the quota raised"],
  [EACCES]: ["permission denied"],
  [EPERM]: ["operation not permitted"],
  [EROFS]: ["the file system is read-only"],
  [EMFILE]: ["too many open files", "raise the limit with 'ulimit -n'"],
};

/** `what`: `cannot read 'a/b'`. */
export function shareFailure(what: string, errno: number): GityError {
  const [reason, hint] = REASONS[errno] ?? [errnoName(errno)];
  return new GityError("SHARE_FAILED", `${what}: ${reason}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { errno: errnoName(errno) },
  });
}

/** The kernel's bytes, for people. */
export function shownPath(path: string): string {
  return Buffer.from(path, "latin1").toString("utf8");
}
