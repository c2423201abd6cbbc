/**
 * A folder in gity's home, made by whoever needs it first: the daemon or a command.
 *
 * Must never: be a link. What is written and swept there must not be elsewhere.
 */

import { lstatSync, mkdirSync } from "node:fs";

import { GityError } from "./errors.ts";

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
