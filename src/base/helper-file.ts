/**
 * Which file is `gity-helper`, the program that git runs: for the daemon, which configures it, and for
 * the commands, which look whether it runs.
 */

import { accessSync, constants } from "node:fs";
import { dirname, resolve } from "node:path";

export const HELPER_NAME = "gity-helper";

export interface HelperPlace {
  /** GITY_HELPER, when set. */
  readonly configured: string | undefined;
  readonly isCompiled: boolean;
  /** process.execPath. */
  readonly executable: string;
}

/** It need not exist. */
export function helperFile({ configured, isCompiled, executable }: HelperPlace): string {
  if (configured !== undefined && configured !== "") {
    return resolve(configured);
  }
  return isCompiled
    ? resolve(dirname(executable), HELPER_NAME)
    : resolve(import.meta.dir, "../../dist", HELPER_NAME);
}

/** Whether a value of core.fsmonitor is the path of a helper of gity's, there or not. */
export function isHelperPath(value: string): boolean {
  return value.startsWith("/") && value.endsWith(`/${HELPER_NAME}`);
}

/** Why it cannot be run; undefined when it can. */
export function whyNotRunnable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return error.code === "EACCES" ? "it is not executable" : "it is missing";
    }
    throw error;
  }
}
