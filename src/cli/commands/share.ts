/** `gity share`: caches and build output of one worktree, in another. */

import { PATH_ARGUMENT } from "../command.ts";
import { laterCommand } from "../later-command.ts";

export default laterCommand({
  name: "share",
  description:
    "Mirror ignored folders, such as caches and build output, from another worktree into this one.",
  args: { path: PATH_ARGUMENT },
  examples: [{ line: "gity share", says: "into the worktree of the current folder" }],
  instead: "'cp -a --reflink=auto' of the folder",
});
