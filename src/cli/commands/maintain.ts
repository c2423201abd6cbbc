/** `gity maintain`: keep a repository fast, while nobody needs the machine. */

import { PATH_ARGUMENT } from "../command.ts";
import { laterCommand } from "../later-command.ts";

export default laterCommand({
  name: "maintain",
  description: "Run git's maintenance in the background, when the machine is idle.",
  args: {
    path: PATH_ARGUMENT,
    task: { type: "string", description: "only this one of git's tasks", valueHint: "NAME" },
  },
  examples: [
    { line: "gity maintain", says: "the repository of the current folder" },
    { line: "gity maintain --task commit-graph", says: "one task only" },
  ],
  instead: "'git maintenance run'",
});
