/** `gity prefetch`: have what others pushed, before somebody asks for it. */

import { PATH_ARGUMENT } from "../command.ts";
import { laterCommand } from "../later-command.ts";

export default laterCommand({
  name: "prefetch",
  description: "Fetch in the background what 'git fetch' would, without touching a branch.",
  args: {
    path: PATH_ARGUMENT,
    now: { type: "boolean", default: false, description: "do not wait for a quiet moment" },
  },
  examples: [{ line: "gity prefetch --now", says: "the repository of the current folder" }],
  instead: "'git maintenance run --task=prefetch'",
});
