/** `gity stats`: what does gity save? */

import { laterCommand } from "../later-command.ts";

export default laterCommand({
  name: "stats",
  description: "Show what gity saves: questions, answers, and the time git did not take.",
  args: {},
  examples: [{ line: "gity stats", says: "everything that is registered" }],
  instead: "'gity health' counts the questions of a worktree",
});
