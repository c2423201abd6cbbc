/**
 * Where gity keeps its own files: `$GITY_HOME`, or `~/.gity`.
 *
 * Pure: computes paths and touches none. The daemon creates the folders, and everybody else
 * finds the socket and the log through this.
 */

export interface HomeLayout {
  readonly home: string;
  /** Everything that ends with the process: socket and lock. */
  readonly runFolder: string;
  readonly dataFolder: string;
  readonly logsFolder: string;
  /** Links to executables whose own path git could not take. */
  readonly binFolder: string;
  readonly socket: string;
  readonly lock: string;
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
    socket: `${home}/run/gity.sock`,
    lock: `${home}/run/daemon.lock`,
    database: `${home}/data/gity.db`,
    log: `${home}/logs/daemon.log`,
  };
}

function homeFolder({ GITY_HOME, HOME }: HomeEnvironment): string | undefined {
  if (GITY_HOME !== undefined && GITY_HOME !== "") {
    return GITY_HOME.startsWith("/") ? withoutTrailingSlash(GITY_HOME) : undefined;
  }
  return HOME?.startsWith("/") === true ? `${withoutTrailingSlash(HOME)}/.gity` : undefined;
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}
