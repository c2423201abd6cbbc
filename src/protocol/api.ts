/**
 * The daemon's HTTP API: routes, and the shapes that cross it. Server and client share this file.
 *
 * Paths of files inside a worktree are bytes. Where they are valid UTF-8 they travel as a string,
 * elsewhere as `{ "base64": … }`, so that nothing is lost in JSON.
 */

import type { ErrorCode } from "../base/errors.ts";
import type { BuildInfo } from "./build.ts";
import type { Finding } from "./doctor.ts";
import type { InstalledGit, WantedWay, Way } from "./way.ts";
import type { WorktreeHealth, WorktreeState } from "./worktree-health.ts";

export const API_ROUTES = {
  /** GET: DaemonInfo. */
  daemon: "/v1/daemon",
  /** POST: ends the daemon after the reply. */
  shutdown: "/v1/shutdown",
  /** GET: RepositoryList. POST RegisterRequest: RegisterReply. DELETE ?path=: UnregisterReply. */
  repositories: "/v1/repositories",
  /** POST PathRequest: {}. Watches a worktree nobody registered, until it goes. */
  adopt: "/v1/worktrees/adopt",
  /** GET ?path=[&leaving=STATE&waitMs=N]: HealthReply. */
  health: "/v1/worktrees/health",
  /** GET ?path=[&since=TOKEN]: ChangesReply. */
  changes: "/v1/worktrees/changes",
  /** GET [?path=][&searchPath=]: DoctorReply. */
  doctor: "/v1/doctor",
} as const;

export interface DaemonInfo extends BuildInfo {
  readonly pid: number;
  /** Unix time. */
  readonly startedAtMs: number;
  readonly home: string;
  readonly repositories: number;
  readonly worktrees: number;
  readonly residentBytes: number;
}

export interface PathRequest {
  /** Absolute. Any file or folder inside the worktree. */
  readonly path: string;
}

export interface RegisterRequest extends PathRequest {
  /** As it was, or `auto` for a new repository, when left out. */
  readonly via?: WantedWay;
  /** The caller's PATH: the gits on it count, too. */
  readonly searchPath?: string;
}

export interface WorktreeInfo {
  readonly root: string;
  readonly gitDir: string;
  readonly state: WorktreeState;
  readonly reason: string | null;
  readonly watchedDirectories: number;
}

export interface RepositoryInfo {
  /** The common git directory: what is registered. */
  readonly commonDir: string;
  readonly registeredAtMs: number;
  /** How git asks gity, and why so. */
  readonly via: Way;
  readonly viaReason: string;
  /** What was asked for; `auto` when nothing was. */
  readonly wantedVia: WantedWay;
  readonly worktrees: readonly WorktreeInfo[];
}

export interface RepositoryList {
  readonly repositories: readonly RepositoryInfo[];
}

export interface RegisterReply {
  readonly repository: RepositoryInfo;
  /** The worktree that the given path is in. */
  readonly worktree: string;
  /** False when it was registered before. */
  readonly created: boolean;
  /** What may keep git from asking gity, in plain words. */
  readonly warnings: readonly string[];
}

export interface UnregisterReply {
  readonly commonDir: string;
  /** False when it was not registered. */
  readonly removed: boolean;
  /** What could not be put back, and why, in plain words. */
  readonly warnings: readonly string[];
}

export interface HealthReply extends WorktreeHealth {
  readonly root: string;
  readonly gitDir: string;
}

export type PathValue = string | { readonly base64: string };

export interface ChangesReply {
  readonly root: string;
  /** Ask with this one next time. */
  readonly token: string;
  /** `unknown`: anything may have changed, and `paths` is empty. */
  readonly kind: "changed" | "unknown";
  /** A trailing slash means the directory and everything below it. */
  readonly paths: readonly PathValue[];
}

/** What only the daemon knows; see protocol/doctor.ts. */
export interface DoctorReply {
  /** On the daemon's and on the caller's PATH. */
  readonly gits: readonly InstalledGit[];
  /** What the daemon would have git run; null when there is none. */
  readonly helper: string | null;
  /** Those that were looked at. Empty when the path is in one that is not registered. */
  readonly repositories: readonly RepositoryInfo[];
  readonly findings: readonly Finding[];
}

export interface ErrorReply {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly hint: string | null;
  };
}
