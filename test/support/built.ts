/** The built executables, for tests of what users run. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";

export const PROJECT_ROOT = resolve(import.meta.dir, "../..");

/** Absolute path of `dist/gity`. */
export function builtGity(): string {
  return built("gity");
}

/** Absolute path of `dist/gity-helper`. */
export function builtHelper(): string {
  return built("gity-helper");
}

function built(name: string): string {
  const path = resolve(PROJECT_ROOT, "dist", name);
  if (!existsSync(path)) {
    throw new Error(`'${path}' is missing: run npm run build first`);
  }
  return path;
}
