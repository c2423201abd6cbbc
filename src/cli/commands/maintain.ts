/** `gity maintain`: keep a repository fast, while nobody needs the machine. */

import { PATH_ARGUMENT, suggesting } from "../command.ts";
import { laterCommand } from "../later-command.ts";

/** git-maintenance(1), "TASKS": what every git that gity supports has. */
const TASKS = [
  "gc",
  "commit-graph",
  "prefetch",
  "loose-objects",
  "incremental-repack",
  "pack-refs",
];

export default laterCommand({
  name: "maintain",
  description: "Run git's maintenance in the background, when the machine is idle.",
  args: {
    path: PATH_ARGUMENT,
    task: suggesting(
      { type: "string", description: "only this one of git's tasks", valueHint: "NAME" },
      TASKS,
    ),
  },
  examples: [
    { line: "gity maintain", says: "the repository of the current folder" },
    { line: "gity maintain --task commit-graph", says: "one task only" },
  ],
  instead: "'git maintenance run'",
});
