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
    // Loading the module takes 2 ms: only what is neither surely a terminal nor surely none is worth that.
    return (
      status.isCharacterDevice() &&
      (isPseudoTerminal(status.rdev) ||
        (status.rdev !== statSync("/dev/null").rdev &&
          process.getBuiltinModule("node:tty").isatty(fd)))
    );
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return false;
    }
    throw error;
  }
}

/**
 * Whether it is, by the number of a device, the end of a pseudo-terminal that programs get, as in every
 * window and over ssh. Nothing else has one of these (Linux, Documentation/admin-guide/devices.txt).
 */
export function isPseudoTerminal(device: number): boolean {
  const major = (device >> 8) & 0xfff;
  return process.platform === "linux" && major >= 136 && major <= 143;
}

/** On a terminal that has colours, unless NO_COLOR says otherwise (no-color.org). */
export function hasColours(fd: number): boolean {
  const { NO_COLOR = "", TERM = "" } = process.env;
  return NO_COLOR === "" && TERM !== "dumb" && isTerminal(fd);
}

/** Where a terminal says nothing of its width, and for what is no terminal. */
const COLUMNS = 80;

/** How many signs a line of standard output may have. Loads what most commands do without. */
export function outputColumns(): number {
  // A terminal may know no size of its own, and say 0.
  const columns = isTerminal(STDOUT) ? process.stdout.columns : 0;
  return columns > 0 ? columns : COLUMNS;
}

/** A way to colour what goes to a descriptor; it changes nothing where there are no colours. */
export type Paint = (text: string, style: Style) => string;

export function paintFor(fd: number): Paint {
  return hasColours(fd)
    ? (text, style) => (text === "" ? "" : `${ESCAPE}${CODES[style]}m${text}${ESCAPE}0m`)
    : (text) => text;
}
