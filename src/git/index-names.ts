/**
 * The names in a worktree's index, compared with what its directories hold: files that git may believe in
 * and that are not there.
 */

import { join } from "node:path";

import { INDEX_LISTING_BYTES_MAX } from "../base/limits.ts";
import { runGitOk } from "./run.ts";
import { type ScopeDependency, settledIdentity } from "./scope.ts";

/** A directory, and everything in it now; latin1, the root is the empty path. */
export interface DirectoryNames {
  readonly path: string;
  readonly names: readonly string[];
}

export interface MissingFiles {
  readonly paths: readonly string[];
  /** The index they are in, as it was before git read it. */
  readonly index: ScopeDependency;
}

/**
 * Entries of the index below any of these directories whose next name is not in it. Entries outside the
 * sparse checkout are no files, and left out.
 *
 * @throws GityError GIT_FAILED
 */
export async function findMissing(
  place: { readonly root: string; readonly gitDir: string },
  directories: readonly DirectoryNames[],
): Promise<MissingFiles> {
  // One that is written all the time is of use to nobody: answers wait for this.
  const index = await settledIdentity(join(place.gitDir, "index"), INDEX_TRIES_MAX);
  const listing = await runGitOk(["ls-files", "--cached", "--sparse", "-t", "-z"], {
    cwd: place.root,
    outputBytesMax: INDEX_LISTING_BYTES_MAX,
  });
  const text = Buffer.from(listing.buffer, listing.byteOffset, listing.length).toString("latin1");
  return { paths: missingOf(text, directories), index };
}

const INDEX_TRIES_MAX = 2;

/** git-ls-files(1), -t: what stands before each path. */
const TAG_BYTES = 2;
const SKIP_WORKTREE = "S";

function missingOf(listing: string, directories: readonly DirectoryNames[]): string[] {
  const known = new Map(directories.map(({ path, names }) => [path, new Set(names)]));
  const missing = new Set<string>();
  // The index is sorted: what was found out of a directory serves for its neighbours.
  let folder: string | undefined;
  let isFolderThere = true;
  for (let at = 0; at < listing.length;) {
    const end = listing.indexOf("\0", at);
    const path = listing.slice(at + TAG_BYTES, end);
    if (listing[at] !== SKIP_WORKTREE) {
      const slash = path.lastIndexOf("/");
      const parent = slash === -1 ? "" : path.slice(0, slash);
      if (parent !== folder) {
        folder = parent;
        isFolderThere = isThere(parent, known);
      }
      const isFileThere = known.get(parent)?.has(path.slice(slash + 1)) ?? true;
      if (!isFolderThere || !isFileThere) {
        missing.add(path);
      }
    }
    at = end + 1;
  }
  return [...missing];
}

/** Whether none of the directories above this one says that the way to it is gone. */
function isThere(directory: string, known: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  let parent = "";
  let at = 0;
  while (at < directory.length) {
    const slash = directory.indexOf("/", at);
    const end = slash === -1 ? directory.length : slash;
    if (known.get(parent)?.has(directory.slice(at, end)) === false) {
      return false;
    }
    parent = directory.slice(0, end);
    at = end + 1;
  }
  return true;
}
