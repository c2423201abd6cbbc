/** `gity daemon run`: be the daemon. */

import { currentHome } from "../../client/connect.ts";
import { gityCommand } from "../command.ts";
import { isTerminal, STDERR } from "../terminal.ts";

export default gityCommand({
  name: "daemon run",
  description: "Run the daemon in the foreground, until SIGTERM or Ctrl-C",
  args: {},
  examples: [{ line: "gity daemon run", says: "watch what the daemon logs" }],
  run: async (_args, { runDaemon }) => {
    // In the background stderr is the log itself.
    await runDaemon(currentHome(), isTerminal(STDERR) ? STDERR : undefined);
    return 0;
  },
});
