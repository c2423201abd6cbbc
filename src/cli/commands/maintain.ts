/** `gity maintain`: keep a repository fast. */

import { resolve } from "node:path";

import { MAINTENANCE_TASKS, ROUTINE_TASKS } from "../../protocol/job.ts";
import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT } from "../command.ts";
import { reachDaemon } from "../reach-daemon.ts";
import { runJobsToEnd } from "../run-jobs.ts";

export default gityCommand({
  name: "maintain",
  description:
    `Run git's maintenance at once: ${ROUTINE_TASKS.join(", ")}.\n` +
    "The daemon does the same by itself, once a day, while nobody uses repository and machine " +
    "(gity.maintenance, gity.maintenanceIdle and gity.maintenanceInterval in git's configuration).",
  args: {
    path: PATH_ARGUMENT,
    task: {
      type: "enum",
      options: [...MAINTENANCE_TASKS],
      description: `only these, separated by commas: ${MAINTENANCE_TASKS.join(", ")}`,
      valueHint: "NAME,...",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity maintain", says: "the repository of the current folder" },
    { line: "gity maintain --task commit-graph,pack-refs", says: "two tasks only" },
    { line: "gity maintain --task gc ~/src/big", says: "everything packed anew, in another one" },
  ],
  run: async ({ path, task, json }, context) => {
    const words: readonly string[] = task?.split(",") ?? ROUTINE_TASKS;
    const tasks = MAINTENANCE_TASKS.filter((each) => words.includes(each));
    const client = reachDaemon(context);
    return runJobsToEnd(client, { path: resolve(path), tasks, when: "now" }, json);
  },
});
