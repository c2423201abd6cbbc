/**
 * What gity cannot see in one worktree, in words for people.
 *
 * Only what is known of this very worktree. What holds everywhere and cannot be counted (a file that
 * is only mapped, a name that somebody gives to a file from outside) is in the documents.
 */

import { HELD_OPEN_FILES_MAX } from "../base/limits.ts";
import type { WatchBackend } from "../watch/backend.ts";

const HELD_FILES_FORGOTTEN = `more than ${HELD_OPEN_FILES_MAX} files were written to and not closed: what is stored into a mapping of the oldest shows when it is unmapped`;

/** Each in one sentence, without a full stop. */
export function describeBlindSpots(
  watched: Pick<WatchBackend, "linkedEntries" | "hasForgottenHeldFiles">,
): string[] {
  return [
    ...(watched.linkedEntries === 0 ? [] : [describeLinks(watched.linkedEntries)]),
    ...(watched.hasForgottenHeldFiles ? [HELD_FILES_FORGOTTEN] : []),
  ];
}

function describeLinks(count: number): string {
  const [what, them] =
    count === 1
      ? ["1 file name is a hard link", "it"]
      : [`${count} file names are hard links`, "them"];
  return `${what}: git looks at ${them} each time, because a change through another name may cause no event`;
}
