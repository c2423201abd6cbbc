/** Takes back what `gity daemon install --write` has written. */

import { lstatSync, readFileSync, rmdirSync, unlinkSync } from "node:fs";

import { GityError } from "../base/errors.ts";
import { type ServiceFile, isAsWritten } from "./service-file.ts";

/** `enabled`: the system still starts it, and could not be told to forget it without the file. */
export type ServiceRemoval = "removed" | "absent" | "enabled";

/** @throws GityError NOT_OURS */
export function removeService({ path, enabledLink, folders }: ServiceFile): ServiceRemoval {
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
  removeEmpty(folders);
  return "removed";
}

/** Up to the first that something else is in. */
function removeEmpty(folders: readonly string[]): void {
  try {
    for (const folder of folders) {
      rmdirSync(folder);
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) {
      throw error;
    }
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
