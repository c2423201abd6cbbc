/**
 * The ways by which git can ask gity. The question and the answer are the same on both.
 *
 * - `socket`: git itself connects to `<gitdir>/fsmonitor--daemon.ipc` (core.fsmonitor=true). No process
 *   is started. On Linux git does so from 2.55 on.
 * - `hook`: git runs gity-helper (core.fsmonitor=<path>). Every git that gity supports can.
 */

export const WAYS = ["socket", "hook"] as const;
export const WANTED_WAYS = ["auto", ...WAYS] as const;

export type Way = (typeof WAYS)[number];
/** `auto`: the socket if every git that may be used here can ask it, else the hook. */
export type WantedWay = (typeof WANTED_WAYS)[number];

export interface InstalledGit {
  /** Of the executable, with symlinks resolved. */
  readonly path: string;
  /** As git prints it, vendor's additions included. */
  readonly version: string;
  /** Whether core.fsmonitor=true makes it ask the socket. */
  readonly canAskSocket: boolean;
}

/** The socket in a worktree's git directory (fsmonitor-ipc.c, fsmonitor_ipc__get_path()). */
export const GIT_SOCKET_NAME = "fsmonitor--daemon.ipc";
