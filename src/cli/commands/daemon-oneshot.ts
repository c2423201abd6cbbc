/** `gity daemon oneshot`: all that is due, without a daemon that stays. */

import { resolve } from "node:path";

import { connect, currentHome } from "../../client/connect.ts";
import { stopDaemon } from "../../client/start-daemon.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { haveDaemon } from "../daemon.ts";
import { runJobsToEnd } from "../run-jobs.ts";

export default gityCommand({
  name: "daemon oneshot",
  description:
    "Do all background work that is due in a repository, registered or not, say what was done, and end.\n" +
    "A daemon that was started for it, and serves nothing else, ends as well.",
  args: {
    path: {
      type: "positional",
      required: true,
      description: "any file or folder in a worktree",
      valueHint: "PATH",
    },
    json: JSON_ARGUMENT,
  },
  examples: [{ line: "gity daemon oneshot ~/src/big", says: "once, from a timer of your own" }],
  run: async ({ path, json }, context) => {
    const { isNew, replaced } = await haveDaemon(context);
    try {
      const request = { path: resolve(path), isUnregistered: true };
      return await runJobsToEnd(connect(), request, json);
    } finally {
      if (isNew && replaced === undefined) {
        await stopUnneeded();
      }
    }
  },
});

async function stopUnneeded(): Promise<void> {
  const { repositories, worktrees } = await connect().daemonInfo();
  if (repositories === 0 && worktrees === 0) {
    await stopDaemon(currentHome());
  }
}
