/** `gity share status`: which worktrees have the shared directories, and what could be had here? */

import { resolve } from "node:path";

import { formatBytes } from "../../base/format-bytes.ts";
import type { ShareCopy, ShareStatusEntry } from "../../protocol/share.ts";
import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT } from "../command.ts";
import { formatCount, printJson, printNote, visible } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { countFiles } from "../share-text.ts";
import { printTable } from "../table.ts";
import { type Paint, paintFor, STDOUT } from "../terminal.ts";

export default gityCommand({
  name: "share status",
  description:
    "Show which worktrees have the shared directories, whether the files that decide what belongs in them are the same as here, and what 'gity share pull' would bring",
  args: { path: PATH_ARGUMENT, json: JSON_ARGUMENT },
  examples: [
    { line: "gity share status", says: "for the worktree of the current folder" },
    { line: "gity share status --json ~/src/big", says: "for a program" },
  ],
  run: async ({ path, json }, { openShare }) => {
    const share = await openShare();
    const status = await share.status(resolve(path));
    if (json) {
      printJson(status);
      return 0;
    }
    if (status.entries.length === 0) {
      printNote("nothing is declared; begin with 'gity share add PATH'");
      return 0;
    }
    const paint = paintFor(STDOUT);
    printTable(
      ["DIRECTORY", "STATE", "KEY", "FILES", "SIZE", "WORKTREE"],
      status.entries.flatMap((entry) => rowsOf(entry, paint)),
      { numbers: new Set(["FILES", "SIZE"]), paint },
    );
    for (const entry of status.entries) {
      printNote(describeGain(entry));
    }
    return 0;
  },
});

function rowsOf({ path, here, elsewhere }: ShareStatusEntry, paint: Paint): readonly string[][] {
  return [here, ...elsewhere].map((copy, i) => [
    i === 0 ? quoteReadable(path) : "",
    copy.state === "full" ? paint("there", "good") : copy.state,
    keyOf(copy, i === 0),
    copy.size === null ? "-" : formatCount(copy.size.files),
    copy.size === null ? "-" : formatBytes(copy.size.bytes),
    `${quoteReadable(copy.root)}${i === 0 ? "  (here)" : ""}${doubtsOf(copy)}`,
  ]);
}

function keyOf({ key, hasSameKey }: ShareCopy, isHere: boolean): string {
  if (key === null) {
    return "none";
  }
  if (isHere) {
    return "here";
  }
  return hasSameKey === true ? "same" : "other";
}

function doubtsOf({ isFinished, isOlderThanKey }: ShareCopy): string {
  if (isFinished === false) {
    return "  (perhaps unfinished)";
  }
  return isOlderThanKey ? "  (older than its lock file)" : "";
}

function describeGain({ path, refusal, here, elsewhere, best }: ShareStatusEntry): string {
  const shown = `'${quoteReadable(path)}'`;
  if (refusal !== null) {
    return `${shown} cannot be mirrored: ${visible(refusal)}`;
  }
  if (here.state === "full") {
    return `${shown} is there`;
  }
  const size = elsewhere.find(({ root }) => root === best)?.size;
  return best === null || size === null || size === undefined
    ? `${shown} is in no other worktree with the same key`
    : `'gity share pull' brings ${shown}: ${countFiles(size.files)}, ${formatBytes(size.bytes)}, from '${quoteReadable(best)}'`;
}
