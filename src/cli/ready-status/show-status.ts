/**
 * `gity status`, as it is asked for a hundred times a day: loaded before all other commands, and with as little
 * as it can do with. What is left to the command itself (commands/status.ts) are words that are not only git's.
 */

import { GityError } from "../../base/errors.ts";
import { writeAll } from "../../base/write-all.ts";
import { becomeGit } from "../../git/pass-to-git.ts";
import { parseStatusWords } from "../../protocol/status-form.ts";
import { STDOUT } from "../terminal.ts";
import { readyStatus } from "./ready-status.ts";

/** Resolves with the exit code; with undefined when this is nothing for it. */
export async function showStatus(words: readonly string[]): Promise<number | undefined> {
  const parsed = parseStatusWords(words);
  if (parsed === undefined) {
    return undefined;
  }
  const bytes = await readyStatus(parsed);
  if (bytes !== undefined && hasWritten(bytes)) {
    return 0;
  }
  try {
    return becomeGit(["status", ...words]);
  } catch (error) {
    if (error instanceof GityError) {
      // The command will meet it, too, and say it.
      return undefined;
    }
    throw error;
  }
}

/** False where it cannot be written: then git fails in its own way, by a signal, with a message, or silently. */
export function hasWritten(bytes: Uint8Array): boolean {
  try {
    writeAll(STDOUT, bytes);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return false;
    }
    throw error;
  }
}
