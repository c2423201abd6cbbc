/**
 * What `gity doctor` says: the shapes of its findings, of what the daemon contributes, and of `--json`.
 *
 * Names of findings are public. Add freely, never rename.
 */

import type { InstalledGit, Way } from "./way.ts";

/**
 * Of gity and the machine: `daemon`, `daemon-version`, `log`, `store`, `helper`, `git`, `environment`,
 * `user-configuration`, `home`, `home-space`, `watch-limit`, `instance-limit`, `queue-limit`,
 * `descriptor-limit`, `watchman`. Of a repository: `repository`, `way`, `configuration`, `worktree`,
 * `file-system`, `git-socket`, `split-index`, `other-monitor`, `leftover`.
 */
export const FINDING_IDS = [
  "daemon",
  "daemon-version",
  "log",
  "store",
  "helper",
  "git",
  "environment",
  "user-configuration",
  "home",
  "home-space",
  "watch-limit",
  "instance-limit",
  "queue-limit",
  "descriptor-limit",
  "watchman",
  "repository",
  "way",
  "configuration",
  "worktree",
  "file-system",
  "git-socket",
  "split-index",
  "other-monitor",
  "leftover",
] as const;

export type FindingId = (typeof FINDING_IDS)[number];

export const SEVERITIES = ["ok", "warning", "error"] as const;

/** `error`: git is not served, or not by gity. `warning`: slow, or going to be wrong one day. */
export type Severity = (typeof SEVERITIES)[number];

/** One thing that was looked at. */
export interface Finding {
  readonly id: FindingId;
  readonly severity: Severity;
  readonly message: string;
  /** What a person can do about it. */
  readonly cure: string | null;
  /** Whether `gity doctor --fix` does something about it. */
  readonly fixable: boolean;
  /** The file or folder it is about; null when it is about gity or the machine. */
  readonly subject: string | null;
}

/** What the doctor needs to know of a registered repository. */
export interface StoredRepository {
  readonly commonDir: string;
  readonly via: Way;
  readonly worktrees: readonly { readonly root: string; readonly gitDir: string }[];
}

/** The store of a daemon that does not run. */
export interface StoreExamination {
  /** What is damaged, in SQLite's words. */
  readonly problems: readonly string[];
  /** What is registered; nothing when anything is damaged. */
  readonly repositories: readonly StoredRepository[];
}

/** `gity doctor --json`. */
export interface DoctorReport {
  /** False when there is an error among the findings. */
  readonly healthy: boolean;
  readonly version: string;
  /** Null when no daemon answers. */
  readonly daemonVersion: string | null;
  readonly gits: readonly InstalledGit[];
  /** As it is after the repairs, where there were any. */
  readonly findings: readonly Finding[];
  /** What `--fix` has done, and what it could not do, in plain words. */
  readonly fixed: readonly string[];
  readonly failed: readonly string[];
}
