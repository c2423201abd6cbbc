/** What a worktree takes on disk. All paths are absolute, one character a byte. */

export interface DiskQuestion {
  readonly root: string;
  /** A linked worktree's own; null for one whose git directory is that of all. */
  readonly gitDir: string | null;
  /** Other worktrees, and what belongs to all: left out where it lies inside. */
  readonly others: readonly string[];
  /** Below the root, as declared: paths and patterns. */
  readonly shared: readonly string[];
}

/** What the file system has given out, not how long files are; a file with several names counts once. */
export interface DiskUse {
  readonly bytes: number;
  /** Of these, in shared directories. */
  readonly sharedBytes: number;
}

/** Told now and then how many files and directories were looked at. */
export type DiskMeter = (question: DiskQuestion, onProgress: (entries: number) => void) => DiskUse;
