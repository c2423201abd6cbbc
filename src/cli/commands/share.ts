/** `gity share`: one copy of the objects that several clones have. */

import { PATH_ARGUMENT } from "../command.ts";
import { laterCommand } from "../later-command.ts";

export default laterCommand({
  name: "share",
  description: "Share the objects of a repository with other clones of it.",
  args: { path: PATH_ARGUMENT },
  examples: [{ line: "gity share", says: "the repository of the current folder" }],
  instead: "'git clone --reference', or 'git worktree add' instead of another clone",
});
