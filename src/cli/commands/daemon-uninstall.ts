/** `gity daemon uninstall`: take back `gity daemon install --write`. */

import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { printJson, printNote, visible } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { removeService } from "../remove-service.ts";
import { ownServiceFile } from "../service-file.ts";

const STILL_ENABLED_EXIT_CODE = 1;

export default gityCommand({
  name: "daemon uninstall",
  description:
    "Remove the file that 'gity daemon install --write' has written, and nothing else.\n" +
    "Exit code 1 while the system still starts it: the command to end that is shown.",
  args: { json: JSON_ARGUMENT },
  examples: [{ line: "gity daemon uninstall", says: "no longer start the daemon at login" }],
  run: async ({ json }, { executable }) => {
    const service = ownServiceFile(executable);
    const { path, disableCommand, enabledLink } = service;
    const removal = removeService(service);
    const removed = removal === "removed";
    const isEnabled = removal === "enabled";
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
