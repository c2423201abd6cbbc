/**
 * The executable that git runs as its file system monitor, under a path that git takes.
 */

import { lstatSync, readlinkSync, rmSync, symlinkSync } from "node:fs";

import { GityError } from "../base/errors.ts";
import { HELPER_NAME, helperFile, type HelperPlace, whyNotRunnable } from "../base/helper-file.ts";
import type { HomeLayout } from "../base/home.ts";

/** With one of these in it git starts an extra shell (run-command.c, prepare_shell_cmd()). */
const SHELL_CHARACTERS = /[|&;<>()$`\\"' \t\n*?[#~=%]/;

export interface HelperSearch extends HelperPlace {
  readonly layout: HomeLayout;
}

/**
 * Makes a link in gity's home when the helper's own path would not do.
 *
 * @throws GityError HELPER_MISSING, UNSUPPORTED_PATH
 */
export function findHelper(search: HelperSearch): string {
  const path = helperFile(search);
  const obstacle = whyNotRunnable(path);
  if (obstacle !== undefined) {
    throw new GityError("HELPER_MISSING", `cannot run '${path}': ${obstacle}`);
  }
  return isPlainWord(path) ? path : linkWithoutBlanks(path, search.layout);
}

export function isPlainWord(path: string): boolean {
  return !SHELL_CHARACTERS.test(path);
}

function linkWithoutBlanks(target: string, layout: HomeLayout): string {
  const link = `${layout.binFolder}/${HELPER_NAME}`;
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
