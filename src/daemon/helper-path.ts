/**
 * The executable that git runs as its file system monitor, under a path that git takes.
 */

import { accessSync, constants, lstatSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { GityError } from "../base/errors.ts";
import type { HomeLayout } from "../base/home.ts";

/** With one of these in it git starts an extra shell (run-command.c, prepare_shell_cmd()). */
const SHELL_CHARACTERS = /[|&;<>()$`\\"' \t\n*?[#~=%]/;

const NAME = "gity-helper";

export interface HelperSearch {
  /** GITY_HELPER, when set. */
  readonly configured: string | undefined;
  readonly isCompiled: boolean;
  /** process.execPath. */
  readonly executable: string;
  readonly layout: HomeLayout;
}

/**
 * Makes a link in gity's home when the helper's own path would not do.
 *
 * @throws GityError HELPER_MISSING, UNSUPPORTED_PATH
 */
export function findHelper(search: HelperSearch): string {
  const path = helperCandidate(search);
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw new GityError("HELPER_MISSING", `cannot run '${path}': ${reasonOf(error)}`, {
      cause: error,
    });
  }
  return isPlainWord(path) ? path : linkWithoutBlanks(path, search.layout);
}

export function isPlainWord(path: string): boolean {
  return !SHELL_CHARACTERS.test(path);
}

function helperCandidate({ configured, isCompiled, executable }: HelperSearch): string {
  if (configured !== undefined && configured !== "") {
    return resolve(configured);
  }
  return isCompiled
    ? resolve(dirname(executable), NAME)
    : resolve(import.meta.dir, "../../dist", NAME);
}

function linkWithoutBlanks(target: string, layout: HomeLayout): string {
  const link = `${layout.binFolder}/${NAME}`;
  if (!isPlainWord(link)) {
    throw new GityError(
      "UNSUPPORTED_PATH",
      `cannot configure git with '${target}': git would run a shell for the characters in it`,
      { hint: "set GITY_HOME to a path without blanks and special characters" },
    );
  }
  const present = lstatSync(link, { throwIfNoEntry: false });
  if (present?.isSymbolicLink() !== true || readlinkSync(link) !== target) {
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }
  return link;
}

function reasonOf(error: unknown): string {
  return error instanceof Error && "code" in error && error.code === "EACCES"
    ? "it is not executable"
    : "it is missing";
}
