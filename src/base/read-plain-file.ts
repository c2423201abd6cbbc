/** Reading a small file in a place where anybody may have put something else. */

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** Undefined for what is no file: a named pipe is not waited for. @throws ENOENT, EACCES, … */
export function readPlainFile(path: string, encoding: "utf8" | "latin1"): string | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return fstatSync(fd).isFile() ? readFileSync(fd, encoding) : undefined;
  } finally {
    closeSync(fd);
  }
}
