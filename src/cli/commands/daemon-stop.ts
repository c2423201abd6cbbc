/** `gity daemon stop`: have no daemon running. git goes on working, at its own speed. */

import { currentHome } from "../../client/connect.ts";
import { stopDaemon } from "../../client/start-daemon.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { printJson, printNote } from "../output.ts";
import { markStopped } from "../stopped-mark.ts";

export default gityCommand({
  name: "daemon stop",
  description: "Stop the daemon, until 'gity daemon start'; what is registered stays so",
  args: { json: JSON_ARGUMENT },
  examples: [{ line: "gity daemon stop", says: "git goes on, at its own speed" }],
  run: async ({ json }) => {
    const layout = currentHome();
    // Before it ends, or the next git command would start another one.
    markStopped(layout);
    const stopped = await stopDaemon(layout);
    if (json) {
      printJson({ stopped });
    } else {
      printNote(stopped ? "stopped the daemon" : "no daemon is running");
    }
    return 0;
  },
});
