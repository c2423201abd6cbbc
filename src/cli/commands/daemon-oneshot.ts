/** `gity daemon oneshot`: what a daemon would say, without one. */

import { laterCommand } from "../later-command.ts";

export default laterCommand({
  name: "daemon oneshot",
  description: "Cover a worktree, answer one question, and end; for machines without a daemon.",
  args: {
    path: {
      type: "positional",
      required: true,
      description: "any file or folder in a worktree",
      valueHint: "PATH",
    },
  },
  examples: [{ line: "gity daemon oneshot ~/src/big", says: "one worktree, once" }],
  instead: "'gity daemon run' in a terminal of its own",
});
