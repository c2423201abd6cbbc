/** `gity share auto`: whether new worktrees get what is shared by themselves. */

import { resolve } from "node:path";

import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT } from "../command.ts";
import { printJson, printNote } from "../output.ts";

export default gityCommand({
  name: "share auto",
  description:
    "Say whether new worktrees of the repository get what is shared by themselves (gity.shareAuto).\n" +
    "This version writes it down, and does not act on it yet: 'gity share pull' does.",
  args: {
    state: {
      type: "positional",
      required: true,
      options: ["on", "off"],
      description: "on, or off",
      valueHint: "on|off",
    },
    path: PATH_ARGUMENT,
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity share auto on", says: "wanted, in the repository of the current folder" },
    { line: "gity share auto off", says: "not wanted" },
  ],
  run: async ({ state, path, json }, { openShare }) => {
    const isOn = state === "on";
    const share = await openShare();
    const { root, hasChanged } = await share.setAutomatic(resolve(path), isOn);
    if (json) {
      printJson({ root, isAutomatic: isOn, hasChanged });
    } else {
      printNote(`${hasChanged ? "" : "as before, "}gity.shareAuto is ${isOn ? "true" : "false"}`);
    }
    return 0;
  },
});
