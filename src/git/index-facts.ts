/**
 * What a worktree's index says of itself without being read whole: how many entries it has, and which token
 * of gity's git will ask with next. See gitformat-index(5).
 */

import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

const HEADER_BYTES = 12;
const SIGNATURE = "DIRC";

/** "FSMN", the size of the extension, its version, and a token that ends in NUL. */
const MONITOR_EXTENSION = "FSMN";
const MONITOR_VERSION = 2;
const TOKEN_OFFSET = 12;
const TOKEN_BYTES_MAX = 256;

/** Undefined where there is no index, or none that can be read. With `core.splitIndex` those of the last part. */
export function countIndexEntries(gitDir: string): number | undefined {
  return readIndex(gitDir, (fd) => {
    const header = Buffer.alloc(HEADER_BYTES);
    const isWhole = readSync(fd, header, 0, HEADER_BYTES, 0) === HEADER_BYTES;
    return isWhole && header.toString("latin1", 0, SIGNATURE.length) === SIGNATURE
      ? header.readUInt32BE(8)
      : undefined;
  });
}

/**
 * Undefined where there is none. The extension stands near the end, and is looked for by its name: what
 * looks like it and is none only leads to a token that nobody gave out.
 */
export function findIndexToken(gitDir: string): string | undefined {
  return readIndex(gitDir, (fd) => {
    const bytes = readFileSync(fd);
    const at = bytes.lastIndexOf(MONITOR_EXTENSION);
    const start = at + TOKEN_OFFSET;
    const isThere =
      at !== -1 && start <= bytes.length && bytes.readUInt32BE(start - 4) === MONITOR_VERSION;
    const end = isThere ? bytes.indexOf(0, start) : -1;
    return end === -1 || end - start > TOKEN_BYTES_MAX
      ? undefined
      : bytes.toString("latin1", start, end);
  });
}

function readIndex<Value>(
  gitDir: string,
  read: (fd: number) => Value | undefined,
): Value | undefined {
  try {
    // Something that is no file must not keep anybody waiting.
    const fd = openSync(join(gitDir, "index"), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return fstatSync(fd).isFile() ? read(fd) : undefined;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}
