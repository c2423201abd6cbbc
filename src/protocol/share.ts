/**
 * Mirroring declared directories between worktrees: what is asked for, and what came of it. The shapes in which
 * `gity share --json` prints it.
 */

/** In git's configuration, with several values: paths below the root. */
export const SHARE_KEY = "gity.share";
/** Multi-valued: `<path>=<file>,<file>`. */
export const SHARE_FILES_KEY = "gity.shareKey";

/** What one worktree has of a declared directory. */
export interface ShareCopy {
  readonly root: string;
  /** "absent", "empty"; "full": something is in it; "blocked": a file or a link is in its place, or on the way. */
  readonly state: "absent" | "empty" | "full" | "blocked";
  /** Of the files that decide what belongs in the directory; null when there are none. */
  readonly key: string | null;
  readonly keyFiles: readonly string[];
  /** Whether the key is the same as here; null when neither has one. */
  readonly hasSameKey: boolean | null;
  /** The newest of its own entries, and of what package managers write last; null when it is not there. */
  readonly modifiedAtMs: number | null;
  /** A file of the key has changed since: the package manager may have more to do. */
  readonly isOlderThanKey: boolean;
  /** Its tool has written down that it was done; null for tools that do not. */
  readonly isFinished: boolean | null;
  /** Null where nobody counted. */
  readonly size: ShareSize | null;
}

export interface ShareSize {
  /** And links. */
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  /** Of everything in it. */
  readonly newestMs: number;
}

export interface ShareStatusEntry {
  /** Below the worktree's root. */
  readonly path: string;
  /** Why it cannot be mirrored into this worktree; null when it can. */
  readonly refusal: string | null;
  readonly here: ShareCopy;
  readonly elsewhere: readonly ShareCopy[];
  /** Where `gity share pull` would take it from; null when there is no such worktree. */
  readonly best: string | null;
}

export interface ShareStatus {
  readonly root: string;
  readonly entries: readonly ShareStatusEntry[];
}

export interface PullOptions {
  /** Anything in a worktree. */
  readonly path: string;
  /** A worktree to take from, instead of the best. */
  readonly from: string | undefined;
  /** `from` may be in another clone of the same repository. */
  readonly isClone: boolean;
  readonly isDryRun: boolean;
  /** A directory that is there, and not newer, is replaced. */
  readonly isReplacing: boolean;
  /** Whatever the key. */
  readonly isAnyKey: boolean;
  readonly hasHardLinks: boolean;
}

export interface PullProgress {
  readonly path: string;
  readonly from: string;
  /** "checking": whether the source has changed meanwhile. */
  readonly phase: "copying" | "checking";
  /** And links. */
  readonly files: number;
  readonly filesTotal: number;
  readonly sharedBytes: number;
  readonly copiedBytes: number;
}

/** What a mirror consists of. */
export interface PullTally {
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  /** Content that source and mirror share until one of them is written to. */
  readonly sharedBytes: number;
  readonly copiedBytes: number;
  /** Files that are the very same in source and mirror. */
  readonly hardLinks: number;
  /** Files that an interrupted run had finished. */
  readonly resumedFiles: number;
  /** Sockets, pipes and devices, which were left out. */
  readonly skipped: number;
  /** Attributes that the file system did not take. */
  readonly lostAttributes: number;
  /** Symbolic links that lead back into the source worktree; the first of them. */
  readonly foreignLinks: readonly string[];
  readonly foreignLinkCount: number;
  /** How often the tree was gone over until nothing had changed. */
  readonly rounds: number;
}

export interface PullEntry {
  readonly path: string;
  /** "planned": with a dry run. "present": something is there already. "nowhere": no other worktree has it.
   *  "unavailable": only with another key. */
  readonly outcome:
    "pulled" | "planned" | "present" | "nowhere" | "unavailable" | "refused" | "failed";
  readonly from: string | null;
  /** Why not; of one that was pulled or is planned, what speaks against it. */
  readonly message: string | null;
  readonly hint: string | null;
  readonly size: ShareSize | null;
  readonly tally: PullTally | null;
  readonly durationMs: number;
}

export interface PullReport {
  readonly root: string;
  readonly entries: readonly PullEntry[];
}

export interface ShareDeclaration {
  /** A path below the root, or a pattern with `*` and `?`. */
  readonly path: string;
  /** In the repository's own configuration, or only in the user's. */
  readonly scope: "repository" | "user";
  /** Directories below the root that it names now. */
  readonly directories: readonly string[];
  readonly refusal: string | null;
}

export interface ShareList {
  readonly root: string;
  /** A worktree that is added gets what is shared by itself (gity.shareAuto). */
  readonly isAutomatic: boolean;
  readonly declarations: readonly ShareDeclaration[];
}

export interface ShareEdit {
  readonly root: string;
  readonly path: string;
  /** False when it was so already. */
  readonly hasChanged: boolean;
}

export interface AutomaticEdit {
  readonly root: string;
  readonly isAutomatic: boolean;
  /** False when it was so already. */
  readonly hasChanged: boolean;
}

/** What `gity share` does; the daemon is not needed for any of it. All reject with GityError. */
export interface ShareEngine {
  readonly status: (path: string) => Promise<ShareStatus>;
  readonly pull: (
    options: PullOptions,
    onProgress: (progress: PullProgress) => void,
    signal: AbortSignal,
  ) => Promise<PullReport>;
  readonly list: (path: string) => Promise<ShareList>;
  /** Paths are relative to `folder`. */
  readonly add: (folder: string, paths: readonly string[]) => Promise<readonly ShareEdit[]>;
  readonly remove: (folder: string, paths: readonly string[]) => Promise<readonly ShareEdit[]>;
  /** Of mirrors that were begun in a repository which gity leaves. What is at work there goes on.
   *  Returns where what a mirror was replacing when it was cut off is kept. */
  readonly removeLeftovers: (commonDir: string) => readonly string[];
  /** Writes `gity.shareAuto` into the repository's own configuration, or takes it out. */
  readonly setAutomatic: (path: string, isAutomatic: boolean) => Promise<AutomaticEdit>;
}
