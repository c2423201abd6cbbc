/** How many names a file has: its link count. */

import type { Pointer } from "bun:ffi";

import type { Fd } from "../base/brands.ts";
import { found, lookAt } from "./file-status.ts";
import { EACCES, ENOENT, ENOTDIR, EPERM } from "./libc.ts";

/** Not a regular file: what it holds does not change, or does not interest git. Also what may not
 *  be looked at, which git may not either; see refusedLooks(). */
export const NO_LINKS = 0;
/** Nothing has this name (any more). */
export const NAME_IS_GONE = -1;
/** There is something, and what it is cannot be found out (EIO, ENOMEM, …). */
export const LINKS_UNKNOWN = -2;

let refused = 0;

/** How many files could so far not be looked at on this thread, for want of permission: once there is more of it, they
 *  have to be. */
export function refusedLooks(): number {
  return refused;
}

/**
 * The number of names of the regular file `name` in `directory`, a symbolic link not followed; or
 * one of the values above. `name` ends with NUL.
 */
export function countLinks(directory: Fd, name: Uint8Array | Pointer): number {
  return linksFound(lookAt(directory, name));
}

/** The same of a look that was taken; `result` is what it returned. */
export function linksFound(result: number): number {
  if (result !== 0) {
    return meaningOf(-result);
  }
  return found.isRegularFile ? found.links : NO_LINKS;
}

function meaningOf(code: number): number {
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return NAME_IS_GONE;
    case EACCES:
    case EPERM:
      refused += 1;
      return NO_LINKS;
    default:
      return LINKS_UNKNOWN;
  }
}

/** The file behind a name. */
export interface LinkedFile {
  /** Of how many names; LINKS_UNKNOWN when that could not be found out. */
  readonly links: number;
  /** Equal for two names of one file; empty with LINKS_UNKNOWN. */
  readonly identity: string;
  /** When content, permissions or the number of names changed last, by the file system's clock. */
  readonly changedAtMs: number;
}

/** What the last look on this thread found out. `links` is what it returned. */
export function lastLook(links: number): LinkedFile {
  return links < 0
    ? { links, identity: "", changedAtMs: Number.POSITIVE_INFINITY }
    : { links, identity: found.id.join(":"), changedAtMs: found.changedAtMs };
}
