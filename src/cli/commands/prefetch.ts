/** `gity prefetch`: have what others pushed, before somebody asks for it. */

import { resolve } from "node:path";

import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT } from "../command.ts";
import { reachDaemon } from "../reach-daemon.ts";
import { queueForLater } from "../queue-jobs.ts";
import { runJobsToEnd } from "../run-jobs.ts";

export default gityCommand({
  name: "prefetch",
  description:
    "Fetch what 'git fetch' would, without touching a branch: the next fetch finds it there.\n" +
    "Waits for a moment in which nobody uses repository and machine, as the daemon does it by itself " +
    "every hour (gity.prefetch, gity.prefetchIdle and gity.prefetchInterval in git's configuration).",
  args: {
    path: PATH_ARGUMENT,
    now: {
      type: "boolean",
      default: false,
      description: "do not wait for a quiet moment; Ctrl-C cancels it",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    {
      line: "gity prefetch",
      says: "the repository of the current folder, at the next quiet moment",
    },
    { line: "gity prefetch --now ~/src/big", says: "another one, at once" },
  ],
  run: async ({ path, now, json }, context) => {
    const client = reachDaemon(context);
    const request = { path: resolve(path), tasks: ["prefetch"] } as const;
    return now
      ? runJobsToEnd(client, { ...request, when: "now" }, json)
      : queueForLater(client, { ...request, when: "idle" }, json);
  },
});
