/**
 * Whether somebody looks at what is written, and the colours for them.
 *
 * Asked of descriptors, not of process.stdout: loading that takes as long as starting the runtime.
 */

import { fstatSync, statSync } from "node:fs";

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;

/** What the words mean, not what they look like. */
export type Style = "heading" | "good" | "doubtful" | "bad";

/** "Select Graphic Rendition" of ECMA-48: dim, green, yellow, red. */
const CODES: Readonly<Record<Style, number>> = { heading: 2, good: 32, doubtful: 33, bad: 31 };

const ESCAPE = "\u001B[";

/** False for a descriptor that is closed, too. */
export function isTerminal(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    // Only what may be a terminal is worth loading the module for.
    return (
      status.isCharacterDevice() &&
      status.rdev !== statSync("/dev/null").rdev &&
      process.getBuiltinModule("node:tty").isatty(fd)
    );
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return false;
    }
    throw error;
  }
}

/** On a terminal that has colours, unless NO_COLOR says otherwise (no-color.org). */
export function hasColours(fd: number): boolean {
  const { NO_COLOR = "", TERM = "" } = process.env;
  return NO_COLOR === "" && TERM !== "dumb" && isTerminal(fd);
}

/** A way to colour what goes to a descriptor; it changes nothing where there are no colours. */
export type Paint = (text: string, style: Style) => string;

export function paintFor(fd: number): Paint {
  return hasColours(fd)
    ? (text, style) => (text === "" ? "" : `${ESCAPE}${CODES[style]}m${text}${ESCAPE}0m`)
    : (text) => text;
}
