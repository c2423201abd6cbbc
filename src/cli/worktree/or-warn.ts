/** Steps that a command can do without. */

import { GityError } from "../../base/errors.ts";
import { printNote, printWarning } from "../output.ts";

/** What goes wrong is said, and gives undefined. @throws GityError INTERRUPTED */
export async function orWarn<Value>(step: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof GityError) || error.code === "INTERRUPTED") {
      throw error;
    }
    printWarning(error.message);
    if (error.hint !== undefined) {
      printNote(`hint: ${error.hint}`);
    }
    return undefined;
  }
}
