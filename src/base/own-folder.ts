/**
 * gity's home, and a folder in it, made by whoever needs it first: the daemon or a command.
 *
 * Must never: be a link, except for the home itself. What is written and swept there must not be elsewhere.
 */

import { lstatSync, mkdirSync, statSync } from "node:fs";

import { GityError } from "./errors.ts";
import { OTHERS_MAY_WRITE } from "./home.ts";
import { quoteWord } from "./quote-word.ts";

const PRIVATE_MODE = 0o700;

/** The home itself may be a link, and what is above it. @throws GityError PERMISSION_DENIED; EACCES, … */
export function requireOwnFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: PRIVATE_MODE });
  if (!lstatSync(path).isDirectory()) {
    throw new GityError("PERMISSION_DENIED", `cannot use '${path}': it is a link`, {
      hint: "remove it; GITY_HOME itself may be a link",
    });
  }
}

/**
 * A home that is there is this user's, and nobody else can exchange what is in it: who could would be
 * believed by every command, and by git. What is above it is its owner's business.
 *
 * @throws GityError PERMISSION_DENIED
 */
export function requireSafeHome(home: string): void {
  const status = statSync(home, { throwIfNoEntry: false });
  if (status === undefined) {
    return;
  }
  if (status.uid !== process.getuid?.()) {
    throw new GityError("PERMISSION_DENIED", `cannot use '${home}': it belongs to another user`, {
      hint: "set GITY_HOME to a folder of yours",
    });
  }
  if ((status.mode & OTHERS_MAY_WRITE) !== 0) {
    throw new GityError("PERMISSION_DENIED", `cannot use '${home}': others may write to it`, {
      hint: `chmod go-w ${quoteWord(home)}`,
    });
  }
}
