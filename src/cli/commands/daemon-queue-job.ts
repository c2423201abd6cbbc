/** `gity daemon queue-job`: give the daemon something to do. */

import { laterCommand } from "../later-command.ts";

export default laterCommand({
  name: "daemon queue-job",
  description: "Have the daemon run one of its jobs as soon as it can.",
  args: {},
  examples: [{ line: "gity daemon queue-job", says: "the jobs that wait" }],
  instead: "'git maintenance run' does git's own jobs at once",
});
