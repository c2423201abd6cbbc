/** Where a repository's objects are: its own folder, and those it borrows from (gitrepository-layout(5)). */

import { readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";

/** git's own limit on how far alternates of alternates are followed is 5 (object-file.c); the rest is for
 *  lists that go in a circle. */
const STORES_MAX = 64;

/** Real paths, its own first. What cannot be read is left out. */
export function objectStoresOf(commonDir: string): readonly string[] {
  const found: string[] = [];
  const waiting = [join(commonDir, "objects")];
  for (let store = waiting.shift(); store !== undefined; store = waiting.shift()) {
    const real = realPath(store);
    if (real !== undefined && !found.includes(real) && found.length < STORES_MAX) {
      found.push(real);
      waiting.push(...alternatesOf(real));
    }
  }
  return found;
}

/** One on each line, relative to the store; `#` begins a comment, and quotes are C's. */
function alternatesOf(store: string): readonly string[] {
  return readText(join(store, "info/alternates"))
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => resolve(store, line.startsWith('"') ? line.slice(1, -1) : line));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return "";
    }
    throw error;
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}
