/** `gity list`: what is registered, and how is it? */

import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { reachDaemon } from "../daemon.ts";
import { formatCount, printJson, printNote, visible } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { paintState, printTable } from "../table.ts";
import { paintFor, STDOUT } from "../terminal.ts";

export default gityCommand({
  name: "list",
  description: "Show the registered worktrees and their state",
  args: { json: JSON_ARGUMENT },
  examples: [
    { line: "gity list", says: "everything that is registered" },
    { line: "gity list --json", says: "the same for a program" },
  ],
  run: async ({ json }, context) => {
    const client = await reachDaemon(context);
    const list = await client.list();
    if (json) {
      printJson(list);
      return 0;
    }
    const worktrees = list.repositories.flatMap((repository) => repository.worktrees);
    if (worktrees.length === 0) {
      printNote("nothing is registered; begin with 'gity register PATH'");
      return 0;
    }
    const paint = paintFor(STDOUT);
    const rows = worktrees.map(({ root, state, watchedDirectories, reason }) => [
      paintState(state, paint),
      formatCount(watchedDirectories),
      reason === null ? quoteReadable(root) : `${quoteReadable(root)}  (${visible(reason)})`,
    ]);
    printTable(["STATE", "DIRECTORIES", "WORKTREE"], rows, { numbers: new Set(["DIRECTORIES"]) });
    return 0;
  },
});
