/**
 * The three kinds of path an answer to git holds, and what git 2.31 to 2.55 does with each
 * (fsmonitor.c, fsmonitor_refresh_callback(); dir.c, untracked_cache_invalidate_path()).
 *
 *     a/b        git looks again at the index entry `a/b`, and at the listing of `a`
 *     a/b/       every index entry below `a/b`, and the listing of `a`
 *     a/b/.gity  the listing of `a/b` itself
 *
 * The third exists because an untracked cache forgets the listing of a directory only when a path
 * *in* it is reported, and a directory may be new, empty, and bear the name of an old full one.
 * No such file is ever made. People and tools are shown `a/b/` instead.
 */

import type { BytePath } from "../base/brands.ts";

const LISTING_NAME = ".gity";
const LISTING_SUFFIX = `/${LISTING_NAME}`;

/** The whole cone below a directory: its entries came, went, or are all in doubt. */
export function conePath(directory: BytePath): BytePath {
  return `${directory}/` as BytePath;
}

/** The listing of one directory; the worktree's own is the empty path. */
export function listingPath(directory: BytePath): BytePath {
  return (directory === "" ? LISTING_NAME : directory + LISTING_SUFFIX) as BytePath;
}

/** What a listing path stands for when people read it: the directory, with a trailing slash. */
export function withoutListingName(path: BytePath): BytePath {
  if (path === LISTING_NAME) {
    return "./" as BytePath;
  }
  return path.endsWith(LISTING_SUFFIX) ? (path.slice(0, -LISTING_NAME.length) as BytePath) : path;
}
