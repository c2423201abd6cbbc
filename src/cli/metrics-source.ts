/** Where `gity daemon metrics` has its text from. */

import { GityError } from "../base/errors.ts";
import type { CliContext } from "./command.ts";
import { reachDaemon } from "./daemon.ts";

/** In Prometheus' text format. @throws GityError */
export async function fetchMetrics(context: CliContext): Promise<string> {
  await reachDaemon(context);
  throw new GityError("DAEMON_FAILED", "the daemon does not tell its metrics");
}
