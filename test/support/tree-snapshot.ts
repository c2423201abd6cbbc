/** Everything in a folder, to be compared byte for byte with what is there later. */

import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Path to kind, mode and content. */
export function treeSnapshot(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  return Object.fromEntries(names.map((name) => [name, describe(join(folder, name))]));
}

function describe(path: string): string {
  const stat = lstatSync(path);
  const mode = stat.mode.toString(8);
  if (stat.isSymbolicLink()) {
    return `${mode} ${readlinkSync(path)}`;
  }
  return stat.isFile() ? `${mode} ${readFileSync(path, "latin1")}` : mode;
}
