/** `gity share list`: which directories are declared? */

import { resolve } from "node:path";

import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT } from "../command.ts";
import { printJson, printNote, visible } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { printTable } from "../table.ts";
import { paintFor, STDOUT } from "../terminal.ts";

export default gityCommand({
  name: "share list",
  description:
    "Show which directories are declared as shared (gity.share), and where, and whether new worktrees get them automatically (gity.shareAuto)",
  args: { path: PATH_ARGUMENT, json: JSON_ARGUMENT },
  examples: [{ line: "gity share list", says: "of the repository here, and of the user" }],
  run: async ({ path, json }, { openShare }) => {
    const share = await openShare();
    const list = await share.list(resolve(path));
    if (json) {
      printJson(list);
      return 0;
    }
    if (list.declarations.length === 0) {
      printNote("nothing is declared; begin with 'gity share add PATH'");
      return 0;
    }
    printNote(
      list.isAutomatic
        ? "new worktrees get these directories automatically (gity.shareAuto)"
        : "new worktrees get these directories with 'gity share pull'; automatically with 'gity share add --auto'",
    );
    const paint = paintFor(STDOUT);
    const rows = list.declarations.map((declaration) => [
      quoteReadable(declaration.path),
      declaration.scope,
      declaration.refusal === null
        ? declaration.directories.map(quoteReadable).join(" ") || "nothing here"
        : paint(visible(declaration.refusal), "doubtful"),
    ]);
    printTable(["DECLARED", "BY", "HERE"], rows, { paint });
    return 0;
  },
});
