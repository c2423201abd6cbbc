/** `gity unregister`: leave a repository as it was before gity. */

import { resolve } from "node:path";

import { connect } from "../../client/connect.ts";
import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT } from "../command.ts";
import { haveDaemon } from "../daemon.ts";
import { printJson, printNote, printWarning } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";

export default gityCommand({
  name: "unregister",
  description: "Stop watching a repository and restore its configuration",
  args: { path: PATH_ARGUMENT, json: JSON_ARGUMENT },
  examples: [
    { line: "gity unregister", says: "the repository of the current folder" },
    { line: "gity unregister ~/src/big", says: "another one" },
  ],
  run: async ({ path, json }, context) => {
    await haveDaemon(context);
    const reply = await connect().unregister(resolve(path));
    for (const warning of reply.warnings) {
      printWarning(warning);
    }
    if (json) {
      printJson(reply);
    } else {
      const where = quoteReadable(reply.commonDir);
      printNote(reply.removed ? `unregistered ${where}` : `${where} was not registered`);
    }
    return 0;
  },
});
