/**
 * Where gity keeps its own files: `$GITY_HOME`, or `~/.gity`.
 *
 * Pure: computes paths and touches none. The daemon creates the folders, and everybody else
 * finds the socket and the log through this.
 */

/** Mode bits of a folder in which others may put something in the place of something else. */
export const OTHERS_MAY_WRITE = 0o022;

export interface HomeLayout {
  readonly home: string;
  /** What is about the process and not about its work: socket, lock, marks. */
  readonly runFolder: string;
  readonly dataFolder: string;
  readonly logsFolder: string;
  /** Links to executables whose own path git could not take. */
  readonly binFolder: string;
  /** Has a folder for each worktree that is watched because it asked, with its log, cookies and socket: its git
   *  directory may be in the middle of being deleted when the daemon gets to it. See placeOfWorktree(). */
  readonly adoptedFolder: string;
  readonly socket: string;
  readonly lock: string;
  /** Which process the daemon is; see protocol/daemon-record.ts. */
  readonly record: string;
  /** There while the daemon is to stay away: `gity daemon stop`. */
  readonly stoppedMark: string;
  /** As old as the last attempt of a helper to start the daemon. */
  readonly startStamp: string;
  readonly database: string;
  readonly log: string;
}

export interface HomeEnvironment {
  readonly GITY_HOME?: string | undefined;
  readonly HOME?: string | undefined;
}

/** Returns undefined when the environment names neither an absolute GITY_HOME nor a HOME. */
export function homeLayout(environment: HomeEnvironment): HomeLayout | undefined {
  const home = homeFolder(environment);
  if (home === undefined) {
    return undefined;
  }
  return {
    home,
    runFolder: `${home}/run`,
    dataFolder: `${home}/data`,
    logsFolder: `${home}/logs`,
    binFolder: `${home}/bin`,
    adoptedFolder: `${home}/run/adopted`,
    socket: `${home}/run/gity.sock`,
    lock: `${home}/run/daemon.lock`,
    record: `${home}/run/daemon.json`,
    stoppedMark: `${home}/run/stopped`,
    startStamp: `${home}/run/last-start`,
    database: `${home}/data/gity.db`,
    log: `${home}/logs/daemon.log`,
  };
}

/** What stat(2) says of a folder, as bigints. */
interface FolderStat {
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * A place for what is kept of a worktree, below a folder of the home: by what root and git directory are on disk,
 * so that whoever stands in them can tell, and finds the one of this very worktree only.
 */
export function placeOfWorktree(parent: string, root: FolderStat, gitDir: FolderStat): string {
  const parts = [root.dev, root.ino, gitDir.dev, gitDir.ino];
  return `${parent}/${parts.map((part) => part.toString(36)).join("-")}`;
}

function homeFolder({ GITY_HOME = "", HOME = "" }: HomeEnvironment): string | undefined {
  const [folder, below] = GITY_HOME === "" ? [HOME, "/.gity"] : [GITY_HOME, ""];
  return folder.startsWith("/") ? `${withoutTrailingSlash(folder)}${below}` : undefined;
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? withoutTrailingSlash(path.slice(0, -1)) : path;
}
