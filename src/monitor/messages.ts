/**
 * What the control thread and the monitor thread say to each other.
 *
 * To the monitor messages travel through a MessagePort and an eventfd that wakes its poll(2);
 * from it through `postMessage`. All are plain data; buffers are transferred, not copied.
 */

import type { Epoch, Generation } from "../base/brands.ts";
import type { Difference } from "../watch/comparison.ts";
import type { DirectoryTable } from "../watch/directory-table.ts";
import type { WorktreeHealth } from "../protocol/worktree-health.ts";

/** The control thread's name for a worktree: its row in the store. */
export type WorktreeId = number;

/** The same for a repository. */
export type RepositoryId = number;

/** Another server has git's socket, or somebody told this one to leave it. */
export type SocketLoss = "taken" | "quit";

export type ToMonitor =
  /** Serve this worktree from now on. Answered by `state` messages. */
  | {
      readonly kind: "open";
      readonly worktreeId: WorktreeId;
      readonly root: string;
      readonly gitDir: string;
      /** For log, cookies and socket; undefined: they are in the git directory. */
      readonly ownFolder: string | undefined;
      /** The lock of git's socket was taken for us; see base/socket-lock.ts. */
      readonly isSocketLocked: boolean;
      /** Undefined: everything is watched, and stays so. */
      readonly scope: ScopeMessage | undefined;
    }
  /** The scope as git sees it now. */
  | { readonly kind: "scope"; readonly worktreeId: WorktreeId; readonly scope: ScopeMessage }
  /** Ask for the scope once more: the last one may have been a part. */
  | { readonly kind: "review-scope"; readonly worktreeId: WorktreeId }
  /** Stop serving it and remove what was put into its git directory. */
  | { readonly kind: "close"; readonly worktreeId: WorktreeId; readonly requestId: number }
  /** A walker has finished. */
  | {
      readonly kind: "walked";
      readonly worktreeId: WorktreeId;
      readonly attempt: number;
      readonly result: WalkResult;
    }
  | {
      readonly kind: "changes";
      readonly worktreeId: WorktreeId;
      readonly requestId: number;
      readonly since: string;
    }
  | { readonly kind: "health"; readonly worktreeId: WorktreeId; readonly requestId: number }
  /** As `changes`, and say once when anything has changed since then. */
  | {
      readonly kind: "follow";
      readonly worktreeId: WorktreeId;
      readonly requestId: number;
      readonly since: string;
      /** For what is not in the tree; see GitStatePart. */
      readonly commonDir: string;
    }
  | { readonly kind: "unfollow"; readonly worktreeId: WorktreeId }
  /** Which directories have a `.git` of their own? */
  | { readonly kind: "nested"; readonly worktreeId: WorktreeId; readonly requestId: number }
  /** A walk that looks and watches nothing is about to begin: what is to be known about it? */
  | {
      readonly kind: "begin-snapshot";
      readonly worktreeId: WorktreeId;
      readonly requestId: number;
      /** Tokens from before are to be answered no more. */
      readonly forgets: boolean;
    }
  /** It is over: may it be kept as a snapshot? */
  | {
      readonly kind: "end-snapshot";
      readonly worktreeId: WorktreeId;
      readonly requestId: number;
      readonly origin: SnapshotOrigin;
      /** From the snapshot before. */
      readonly seen: SeenDifference;
    }
  /** A snapshot of this moment is in the store. */
  | {
      readonly kind: "snapshot-saved";
      readonly worktreeId: WorktreeId;
      readonly origin: SnapshotOrigin;
    }
  /** Bind git's socket. Its lock was taken for that, and is to be released. */
  | { readonly kind: "serve-socket"; readonly worktreeId: WorktreeId }
  /** Say when a repository may have got or lost a linked worktree. */
  | {
      readonly kind: "watch-worktrees";
      readonly repositoryId: RepositoryId;
      readonly commonDir: string;
    }
  | { readonly kind: "unwatch-worktrees"; readonly repositoryId: RepositoryId }
  /** How much of the machine is in use for all worktrees? */
  | { readonly kind: "usage"; readonly requestId: number }
  /** Memory is short: give up the older half of each history. */
  | { readonly kind: "shrink" }
  /** Close everything in good order and end the thread. */
  | { readonly kind: "stop"; readonly requestId: number };

/** The first message to the thread; all others come through the port. */
export interface MonitorStart {
  readonly port: MessagePort;
  /** Of a Heartbeat. */
  readonly memory: SharedArrayBuffer;
}

/** What need not be watched (git/scope.ts), and what that depends on. */
export interface ScopeMessage {
  /** Latin1 paths of directories, without a slash at the end. */
  readonly excluded: readonly string[];
  readonly index: { readonly path: string; readonly identity: string };
  readonly rules: readonly { readonly path: string; readonly identity: string }[];
  /** core.ignoreCase: entries of the index may be below a directory that is spelt in another way. */
  readonly isCaseIgnored: boolean;
}

/** The moment of a snapshot: whatever happened after this generation may not be in it. */
export interface SnapshotOrigin {
  readonly epoch: Epoch;
  readonly generation: Generation;
}

export interface SnapshotBeginning {
  readonly origin: SnapshotOrigin;
  /** Of use is a snapshot since this generation of the same epoch, to compare with. */
  readonly oldestGeneration: Generation;
  /** Directories to pass over. */
  readonly excluded: readonly string[];
}

/** What is different from a snapshot, and shows in entries and directories that are there. */
export type SeenDifference = Omit<Difference, "changed">;

/** All that is different from a snapshot. */
export interface CatchUp extends SeenDifference {
  readonly since: Generation;
  /** Paths that the index holds and the disk does not, and that were perhaps never heard of; and the
   *  index they were found in, as it was before. Undefined when there is nothing to be looked for. */
  readonly missing:
    | {
        readonly paths: readonly string[];
        readonly index: { readonly path: string; readonly identity: string };
      }
    | undefined;
}

export type WalkResult =
  | {
      readonly kind: "table";
      readonly table: DirectoryTable;
      /** Undefined when there was nothing to compare with, or too much is different. */
      readonly catchUp: CatchUp | undefined;
    }
  | {
      readonly kind: "failed";
      readonly syscall: string;
      readonly errno: number;
      readonly path: string;
    };

export type WalkMessage = Extract<FromMonitor, { kind: "walk" }>;

/** What a walker says at its end; see watch/walker-main.ts. */
export type WalkerFinding =
  | {
      readonly kind: "table";
      readonly table: DirectoryTable;
      /** Encoded. */
      readonly snapshot: Uint8Array;
      readonly unsettled: number;
      readonly difference: Difference | undefined;
    }
  | Extract<WalkResult, { kind: "failed" }>;

/** What moves in a git directory and is of interest to those who follow a worktree. */
export type GitStatePart = "index" | "head" | "refs";

export type FromMonitor =
  /** Ring this eventfd(2) after each message to the port; the monitor sleeps in poll(2). */
  | { readonly kind: "started"; readonly wakeFd: number }
  /** Please start a walker on this tree; it adds its watches to the descriptor, and closes it. */
  | {
      readonly kind: "walk";
      readonly worktreeId: WorktreeId;
      readonly attempt: number;
      readonly root: string;
      readonly gitDir: string;
      readonly inotifyFd: number;
      /** Directories to pass over. */
      readonly excluded: readonly string[];
      /** Snapshots of this epoch, from the one generation to the other, are of use. */
      readonly past:
        | {
            readonly epoch: Epoch;
            readonly oldestGeneration: Generation;
            readonly generation: Generation;
          }
        | undefined;
    }
  /** What this walk found is a snapshot of this moment; everything it has seen is in the log. */
  | {
      readonly kind: "covered";
      readonly worktreeId: WorktreeId;
      readonly attempt: number;
      readonly origin: SnapshotOrigin;
    }
  /** So much has changed since the last snapshot that another is worth a walk. */
  | { readonly kind: "snapshot-due"; readonly worktreeId: WorktreeId }
  /** Please ask git for the scope again: at once when answers wait for it. */
  | { readonly kind: "rescope"; readonly worktreeId: WorktreeId; readonly isUrgent: boolean }
  | {
      readonly kind: "state";
      readonly worktreeId: WorktreeId;
      readonly health: WorktreeHealth;
    }
  /** To who follows the worktree, once: ask again. */
  | { readonly kind: "moved"; readonly worktreeId: WorktreeId }
  /** Somebody uses the ready-made status; told now and then. */
  | { readonly kind: "status-asked"; readonly worktreeId: WorktreeId }
  | {
      readonly kind: "git-state-moved";
      readonly worktreeId: WorktreeId;
      readonly part: GitStatePart;
    }
  | { readonly kind: "socket-lost"; readonly worktreeId: WorktreeId; readonly loss: SocketLoss }
  /** A client waits that cannot be accepted for want of descriptors: whoever has some gives them back. */
  | { readonly kind: "starved" }
  | { readonly kind: "worktrees-changed"; readonly repositoryId: RepositoryId }
  | { readonly kind: "reply"; readonly requestId: number; readonly reply: MonitorReply };

export type MonitorReply =
  | { readonly kind: "closed" }
  | { readonly kind: "not-open" }
  | { readonly kind: "health"; readonly health: WorktreeHealth }
  | { readonly kind: "usage"; readonly watchedDirectories: number }
  /** Undefined: not known, or too many. Latin1, one character per byte. */
  | { readonly kind: "nested"; readonly paths: readonly string[] | undefined }
  /** Undefined: not now. */
  | { readonly kind: "snapshot"; readonly beginning: SnapshotBeginning | undefined }
  | { readonly kind: "snapshot-ended"; readonly isValid: boolean }
  | {
      readonly kind: "changes";
      readonly token: string;
      /** Undefined: anything may have changed. Latin1, one character per byte. */
      readonly paths: readonly string[] | undefined;
    };
