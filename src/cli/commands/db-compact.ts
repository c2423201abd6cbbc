/** `gity db compact`: give unused space of the store back. */

import { formatBytes } from "../../base/format-bytes.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { printJson, printNote } from "../output.ts";
import { withStore } from "../store-upkeep.ts";

export default gityCommand({
  name: "db compact",
  description:
    "Give unused space of the store back to the disk.\n" +
    "Needs as much room as the store has, for a moment; nothing is lost if it is interrupted.",
  args: { json: JSON_ARGUMENT },
  examples: [{ line: "gity db compact", says: "after many worktrees have gone" }],
  run: async ({ json }, context) => {
    const reply = await withStore(context, (store) => store.compactStore());
    if (json) {
      printJson(reply);
    } else {
      const { bytesBefore, bytesAfter } = reply;
      printNote(
        `the store takes ${formatBytes(bytesAfter)}; before it took ${formatBytes(bytesBefore)}`,
      );
    }
    return 0;
  },
});
