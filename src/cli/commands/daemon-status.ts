/** `gity daemon status`: is a daemon running, and what does it watch? */

import { formatBytes } from "../../base/format-bytes.ts";
import { currentHome } from "../../client/connect.ts";
import { findDaemon, silenceError } from "../../client/start-daemon.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { formatCount, formatDuration, printJson, printNote } from "../output.ts";
import { describeOverLimits, printFacts } from "../table.ts";
import { paintFor, STDOUT } from "../terminal.ts";

const NOT_RUNNING_EXIT_CODE = 1;

export default gityCommand({
  name: "daemon status",
  description: "Show whether the daemon runs; exit code 1 when it does not",
  args: { json: JSON_ARGUMENT },
  examples: [{ line: "gity daemon status", says: "is it running?" }],
  run: async ({ json }) => {
    const layout = currentHome();
    const found = await findDaemon(layout);
    if (found.kind === "silent") {
      throw silenceError(layout, found.waitedMs);
    }
    const info = found.kind === "running" ? found.info : undefined;
    if (json) {
      printJson({ running: info !== undefined, ...info });
    } else if (info === undefined) {
      printNote("no daemon is running");
    } else {
      printFacts([
        ["daemon", paintFor(STDOUT)("running", "good")],
        ["process", String(info.pid)],
        ["version", info.version],
        ["running for", formatDuration(Date.now() - info.startedAtMs)],
        ["home", info.home],
        ...(info.tcpAddress === null ? [] : [["address", info.tcpAddress] as const]),
        ["repositories", formatCount(info.repositories)],
        ["worktrees", formatCount(info.worktrees)],
        ["memory", formatBytes(info.residentBytes)],
        ...describeOverLimits(info.overLimits ?? []),
      ]);
    }
    return info === undefined ? NOT_RUNNING_EXIT_CODE : 0;
  },
});
