/** `gity db prune-logs`: remove old log lines from the store. */

import { gityCommand, JSON_ARGUMENT, usageError } from "../command.ts";
import { formatCount, printJson, printNote } from "../output.ts";
import { withStore } from "../store-upkeep.ts";

const KEEP_DAYS = "30";

export default gityCommand({
  name: "db prune-logs",
  description: "Remove old log lines from the store; 'gity db compact' then gives the space back",
  args: {
    "keep-days": {
      type: "string",
      default: KEEP_DAYS,
      description: `keep what is younger than N days (${KEEP_DAYS})`,
      valueHint: "N",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity db prune-logs", says: `keep ${KEEP_DAYS} days` },
    { line: "gity db prune-logs --keep-days 7", says: "keep a week" },
  ],
  run: async ({ "keep-days": text, json }, context) => {
    const keepDays = parseDays(text);
    const reply = await withStore(context, (store) => store.pruneLogs(keepDays));
    if (json) {
      printJson(reply);
    } else {
      const { removed, kept } = reply;
      printNote(`removed ${formatCount(removed)} log lines, and kept ${formatCount(kept)}`);
    }
    return 0;
  },
});

/** @throws GityError INVALID_REQUEST */
function parseDays(text: string): number {
  if (!/^\d{1,6}$/.test(text)) {
    throw usageError(`'${text}' is not a number of days`);
  }
  return Number(text);
}
