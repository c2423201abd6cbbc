/** `gity daemon oneshot`: all that is due, without a daemon that stays. */

import { laterCommand } from "../later-command.ts";

export default laterCommand({
  name: "daemon oneshot",
  description:
    "Register a repository for this run only, do all work that is due, say what was done, and end.",
  args: {
    path: {
      type: "positional",
      required: true,
      description: "any file or folder in a worktree",
      valueHint: "PATH",
    },
  },
  examples: [{ line: "gity daemon oneshot ~/src/big", says: "once, from a timer of your own" }],
  instead: "'git maintenance run'",
});
