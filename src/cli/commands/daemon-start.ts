/** `gity daemon start`: have a daemon running. */

import { currentHome } from "../../client/connect.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { haveDaemon } from "../daemon.ts";
import { printJson, printNote } from "../output.ts";
import { unmarkStopped } from "../stopped-mark.ts";

export default gityCommand({
  name: "daemon start",
  description: "Start the daemon in the background, unless it runs",
  args: { json: JSON_ARGUMENT },
  examples: [{ line: "gity daemon start", says: "after that git is answered" }],
  run: async ({ json }, context) => {
    const { info, isNew } = await haveDaemon(context);
    unmarkStopped(currentHome());
    if (json) {
      printJson({ started: isNew, ...info });
    } else {
      printNote(
        isNew
          ? `started the daemon (process ${info.pid})`
          : `the daemon runs already (process ${info.pid})`,
      );
    }
    return 0;
  },
});
