/** Where `gity daemon metrics` has its text from. */

import type { CliContext } from "./command.ts";
import { reachDaemon } from "./reach-daemon.ts";

/** In Prometheus' text format. @throws GityError */
export async function fetchMetrics(context: CliContext): Promise<string> {
  const client = reachDaemon(context);
  return client.metrics();
}
