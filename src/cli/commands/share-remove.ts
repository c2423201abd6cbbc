/** `gity share remove`: no longer share directories. */

import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { printJson, printNote, printWarning } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { SHARED_PATHS } from "../share-text.ts";

export default gityCommand({
  name: "share remove",
  description:
    "Take directories out of the repository's gity.share; what is in them stays everywhere.\n" +
    "The answer is no (exit code 1) for one that is not declared there.",
  args: { paths: SHARED_PATHS, json: JSON_ARGUMENT },
  examples: [{ line: "gity share remove target", says: "as it was declared" }],
  run: async ({ _: paths, json }, { openShare }) => {
    const share = await openShare();
    const edits = await share.remove(".", paths);
    if (json) {
      printJson({ edits });
    } else {
      for (const { path, hasChanged } of edits) {
        const shown = quoteReadable(path);
        if (hasChanged) {
          printNote(`'${shown}' is shared no longer`);
        } else {
          printWarning(`'${shown}' is not declared in this repository's configuration`);
        }
      }
    }
    return edits.every(({ hasChanged }) => hasChanged) ? 0 : 1;
  },
});
