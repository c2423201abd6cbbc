/** `gity daemon uninstall`: take back `gity daemon install --write`. */

import { lstatSync, readFileSync, unlinkSync } from "node:fs";

import { GityError } from "../../base/errors.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { printJson, printNote, visible } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { isAsWritten, serviceFile } from "../service-file.ts";

const STILL_ENABLED_EXIT_CODE = 1;

export default gityCommand({
  name: "daemon uninstall",
  description:
    "Remove the file that 'gity daemon install --write' has written, and nothing else.\n" +
    "Exit code 1 while the system still starts it: the command to end that is shown.",
  args: { json: JSON_ARGUMENT },
  examples: [{ line: "gity daemon uninstall", says: "no longer start the daemon at login" }],
  run: async ({ json }, { executable }) => {
    const { path, disableCommand, enabledLink } = serviceFile({
      system: process.platform,
      executable,
      environment: process.env,
      userId: process.getuid?.() ?? 0,
    });
    // Without the file the system could no longer be told to forget it.
    const isEnabled = enabledLink !== undefined && isThere(enabledLink);
    const removed = !isEnabled && removeOurs(path);
    if (json) {
      printJson({ path, removed, run: disableCommand });
    } else if (isEnabled) {
      printNote(`the system starts it at login; first run: ${visible(disableCommand)}`);
    } else if (removed) {
      printNote(`removed ${quoteReadable(path)}`);
      printNote(
        enabledLink === undefined ? `now run: ${visible(disableCommand)}` : "it was not enabled",
      );
    } else {
      printNote(`${quoteReadable(path)} is not there`);
    }
    return isEnabled ? STILL_ENABLED_EXIT_CODE : 0;
  },
});

/** False when there is nothing. @throws GityError NOT_OURS */
function removeOurs(path: string): boolean {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) {
    return false;
  }
  if (!present.isFile() || !isAsWritten(readFileSync(path, "utf8"))) {
    throw new GityError("NOT_OURS", `cannot remove '${path}': it is not as gity has written it`, {
      hint: "remove it yourself if you no longer need it",
    });
  }
  unlinkSync(path);
  return true;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
