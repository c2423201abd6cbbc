/** `gity daemon restart`: another daemon in place of this one. It goes on where the old one ended. */

import { currentHome } from "../../client/connect.ts";
import { stopDaemon } from "../../client/start-daemon.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { haveDaemon } from "../daemon.ts";
import { printJson, printNote } from "../output.ts";
import { unmarkStopped } from "../stopped-mark.ts";

export default gityCommand({
  name: "daemon restart",
  description: "Stop the daemon, if one runs, and start it; git's tokens stay good",
  args: { json: JSON_ARGUMENT },
  examples: [{ line: "gity daemon restart", says: "after a change of its environment" }],
  run: async ({ json }, context) => {
    const layout = currentHome();
    const stopped = await stopDaemon(layout);
    // A git command may have been faster than this one: then its daemon is the new one.
    const { info } = await haveDaemon(context);
    unmarkStopped(layout);
    if (json) {
      printJson({ stopped, ...info });
    } else {
      const how = stopped ? "restarted the daemon" : "no daemon was running; started one";
      printNote(`${how} (process ${info.pid})`);
    }
    return 0;
  },
});
