/** What is in a folder, for who looks at what may be gone by then. */

import { readdirSync } from "node:fs";

/** Nothing where there is no folder, or where it is somebody else's: a process that has ended. */
export function folderNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return [];
    }
    throw error;
  }
}

/** Of all processes. */
export function processIds(): readonly string[] {
  return folderNames("/proc").filter((name) => /^\d+$/.test(name));
}
