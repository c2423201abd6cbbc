/** What came of mirroring a directory, for people. */

import { formatBytes } from "../base/format-bytes.ts";
import type { PullEntry, PullTally } from "../protocol/share.ts";
import { formatCount, formatDuration, printError, printNote, printWarning } from "./output.ts";
import { quoteReadable } from "./quote-path.ts";
import { countFiles } from "./share-text.ts";

export function tellPull(entry: PullEntry): void {
  const shown = `'${quoteReadable(entry.path)}'`;
  const { message, hint, from } = entry;
  const cure = hint === null ? "" : ` (${hint})`;
  switch (entry.outcome) {
    case "pulled":
      printNote(describePulled(entry));
      warnOfLosses(entry);
      break;
    case "planned":
      printNote(`${shown} would come from '${quoteReadable(from ?? "")}': ${describeSize(entry)}`);
      warnOfLosses(entry);
      break;
    case "present":
      printNote(`${shown} stays as it is: ${message ?? ""}${cure}`);
      break;
    case "nowhere":
      printNote(`${shown} was not mirrored: ${message ?? ""}`);
      break;
    case "unavailable":
    case "refused":
      printWarning(`${shown} was not mirrored: ${message ?? ""}${cure}`);
      break;
    case "failed":
      printError(message ?? `cannot mirror ${shown}`, hint ?? undefined);
      break;
  }
}

function describeSize({ size }: PullEntry): string {
  return size === null
    ? "nobody knows how much"
    : `${countFiles(size.files)}, ${formatBytes(size.bytes)}`;
}

/** Of one that was mirrored: from where, and how. */
export function describePulled({ path, tally, from, durationMs }: PullEntry): string {
  const what = tally === null ? "" : `: ${describeTally(tally)}`;
  return `'${quoteReadable(path)}' mirrored from '${quoteReadable(from ?? "")}' in ${formatDuration(durationMs)}${what}`;
}

/** What is not in the mirror as it was in its source, or not what it should be there already. */
export function warnOfLosses({ path, message, tally }: PullEntry): void {
  if (message !== null) {
    printWarning(`'${quoteReadable(path)}' may not be complete: ${message}`);
  }
  if (tally === null) {
    return;
  }
  if (tally.foreignLinkCount > 0) {
    const names = tally.foreignLinks.map(quoteReadable).join(", ");
    const more = tally.foreignLinkCount - tally.foreignLinks.length;
    const rest = more === 0 ? "" : `, and ${formatCount(more)} more`;
    printWarning(`links in it lead into the worktree it came from: ${names}${rest}`);
  }
  if (tally.skipped > 0) {
    printWarning(`${formatCount(tally.skipped)} sockets, pipes or devices were left out`);
  }
  if (tally.lostAttributes > 0) {
    printWarning(`${formatCount(tally.lostAttributes)} extended attributes could not be kept`);
  }
}

function describeTally({ files, links, hardLinks, sharedBytes, copiedBytes }: PullTally): string {
  return [
    countFiles(files + links),
    ...(hardLinks > 0 ? [`${formatCount(hardLinks)} of them linked`] : []),
    `${formatBytes(sharedBytes)} shared`,
    `${formatBytes(copiedBytes)} copied`,
  ].join(", ");
}
