/**
 * Counting the names of one file by its path, also where that is too long for the kernel.
 */

import type { Fd } from "../base/brands.ts";
import { PATH_BYTES_MAX } from "../base/limits.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { openDirectory } from "../ffi/directory.ts";
import { countLinks, LINKS_UNKNOWN, NAME_IS_GONE } from "../ffi/file-links.ts";
import { AT_FDCWD } from "../ffi/file-status.ts";
import { refusalOf } from "./watch-directory.ts";

const SLASH = 0x2f;

/** What countLinks() of ffi/file-links.ts returns, for an absolute path that ends with NUL. */
export function countLinksAt(path: Buffer): number {
  const end = path.indexOf(0);
  return end < PATH_BYTES_MAX
    ? countLinks(AT_FDCWD, path)
    : countLinksFar(path.subarray(0, end + 1));
}

function countLinksFar(path: Buffer): number {
  const slash = path.lastIndexOf(SLASH);
  const directory = openDirectory(Buffer.concat([path.subarray(0, slash), Buffer.of(0)]));
  if (directory < 0) {
    return refusalOf(-directory) === "gone" ? NAME_IS_GONE : LINKS_UNKNOWN;
  }
  const links = countLinks(directory as Fd, path.subarray(slash + 1));
  closeDescriptor(directory as Fd);
  return links;
}
