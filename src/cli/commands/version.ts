/** `gity version`: which gity is this? */

import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { printJson, printLines } from "../output.ts";

export default gityCommand({
  name: "version",
  description: "Show the version",
  args: { json: JSON_ARGUMENT },
  examples: [{ line: "gity version", says: "which gity is this?" }],
  run: async ({ json }, { build: { version } }) => {
    if (json) {
      printJson({ version });
    } else {
      printLines([`gity ${version}`]);
    }
    return 0;
  },
});
