/** `gity share add`: declare directories that worktrees share. */

import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { printJson, printNote } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { SHARED_PATHS } from "../share-text.ts";

export default gityCommand({
  name: "share add",
  description:
    "Declare directories that worktrees share, in the repository's own configuration (gity.share).\n" +
    "Only directories that git ignores, and holds nothing of: caches and build output.",
  args: { paths: SHARED_PATHS, json: JSON_ARGUMENT },
  examples: [
    { line: "gity share add node_modules", says: "below the current folder" },
    { line: "gity share add 'packages/*/node_modules' target", says: "* is anything in one name" },
  ],
  run: async ({ _: paths, json }, { openShare }) => {
    const share = await openShare();
    const edits = await share.add(".", paths);
    if (json) {
      printJson({ edits });
      return 0;
    }
    for (const { path, hasChanged } of edits) {
      const shown = quoteReadable(path);
      printNote(hasChanged ? `'${shown}' is shared from now on` : `'${shown}' is shared already`);
    }
    return 0;
  },
});
