/** `gity share add`: declare directories that worktrees share, and whether new worktrees get them automatically. */

import type { AutomaticEdit } from "../../protocol/share.ts";
import { gityCommand, JSON_ARGUMENT, usageError } from "../command.ts";
import { printJson, printNote } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { SHARED_PATHS } from "../share-text.ts";

export default gityCommand({
  name: "share add",
  description:
    "Declare directories that worktrees share, in the repository's own configuration (gity.share).\n" +
    "Only directories that git ignores, and holds nothing of: caches and build output.\n" +
    "With --auto (gity.shareAuto) the daemon mirrors them into every worktree that is added to a registered repository.",
  args: {
    paths: { ...SHARED_PATHS, required: false },
    auto: {
      type: "boolean",
      default: false,
      description: "new worktrees get shared directories automatically",
    },
    "no-auto": {
      type: "boolean",
      default: false,
      description: "new worktrees get them with 'gity share pull' only",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity share add node_modules", says: "below the current folder" },
    { line: "gity share add 'packages/*/node_modules' target", says: "* is anything in one name" },
    { line: "gity share add --auto", says: "new worktrees get them automatically" },
  ],
  run: async ({ _: paths, auto, "no-auto": noAuto, json }, { openShare }) => {
    if (auto && noAuto) {
      throw usageError("--auto and --no-auto exclude each other");
    }
    if (paths.length === 0 && !auto && !noAuto) {
      throw usageError("the argument PATH... is missing");
    }
    const share = await openShare();
    const edits = await share.add(".", paths);
    const automatic = auto || noAuto ? await share.setAutomatic(".", auto) : undefined;
    if (json) {
      printJson({ edits, automatic });
      return 0;
    }
    for (const { path, hasChanged } of edits) {
      const shown = quoteReadable(path);
      printNote(hasChanged ? `'${shown}' is shared from now on` : `'${shown}' is shared already`);
    }
    if (automatic !== undefined) {
      printNote(describeAutomatic(automatic));
      if (auto && (await share.list(".")).declarations.length === 0) {
        printNote("nothing is declared yet; begin with 'gity share add PATH'");
      }
    }
    return 0;
  },
});

function describeAutomatic({ isAutomatic, hasChanged }: AutomaticEdit): string {
  if (isAutomatic) {
    return hasChanged
      ? "new worktrees get shared directories automatically from now on"
      : "new worktrees get shared directories automatically already";
  }
  return `new worktrees get nothing automatically${hasChanged ? " any more" : ", as before"}`;
}
