/**
 * The daemon's API for commands that need an answer and nothing else. Nothing is asked beforehand: see
 * client/proven-transport.ts.
 */

import { currentHome } from "../client/connect.ts";
import { fetchTransport } from "../client/fetch-transport.ts";
import { GityClient } from "../client/gity-client.ts";
import { provenTransport } from "../client/proven-transport.ts";
import type { CliContext } from "./command.ts";

/**
 * Its first question starts a daemon, or another one than there was, when it has to and may.
 *
 * @throws GityError UNSUPPORTED_PATH; with the first question whatever needDaemon() throws
 */
export function reachDaemon(context: CliContext): GityClient {
  const { socket } = currentHome();
  const prove = async (): Promise<void> => {
    // Next to no command comes here.
    const { needDaemon } = await import("./daemon.ts");
    await needDaemon(context);
  };
  const transport = provenTransport(fetchTransport(socket), { build: context.build, prove });
  return new GityClient(socket, transport);
}
