/** `gity daemon metrics`: the daemon's numbers, for monitoring. */

import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { fetchMetrics } from "../metrics-source.ts";
import { printJson, printText, visible } from "../output.ts";
import { parseMetrics } from "../parse-metrics.ts";
import { isTerminal, STDOUT } from "../terminal.ts";

export default gityCommand({
  name: "daemon metrics",
  description: "Show the daemon's metrics in Prometheus' text format",
  args: { json: JSON_ARGUMENT },
  examples: [
    { line: "gity daemon metrics", says: "as a collector reads them" },
    { line: "gity daemon metrics --json", says: "the same as JSON" },
  ],
  run: async ({ json }, context) => {
    const text = await fetchMetrics(context);
    if (json) {
      printJson({ metrics: parseMetrics(text) });
    } else {
      // Names of worktrees are in it, and a collector has to see them as they are.
      printText(isTerminal(STDOUT) ? text.split("\n").map(visible).join("\n") : text);
    }
    return 0;
  },
});
