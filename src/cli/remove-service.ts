/** Takes back what `gity daemon install --write` has written. */

import { lstatSync, readFileSync, unlinkSync } from "node:fs";

import { GityError } from "../base/errors.ts";
import { type ServiceFile, isAsWritten } from "./service-file.ts";

/** `enabled`: the system still starts it, and could not be told to forget it without the file. */
export type ServiceRemoval = "removed" | "absent" | "enabled";

/** @throws GityError NOT_OURS */
export function removeService({ path, enabledLink }: ServiceFile): ServiceRemoval {
  if (enabledLink !== undefined && isThere(enabledLink)) {
    return "enabled";
  }
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) {
    return "absent";
  }
  if (!present.isFile() || !isAsWritten(readFileSync(path, "utf8"))) {
    throw new GityError("NOT_OURS", `cannot remove '${path}': it is not as gity has written it`, {
      hint: "remove it yourself if you no longer need it",
    });
  }
  unlinkSync(path);
  return "removed";
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
