/**
 * The daemon, put together: what is started is what stands here, in this order, and it is ended
 * in the reverse.
 *
 * Called by main.ts only. Must never: do a request's work itself.
 */

import { join } from "node:path";

import type { BugError } from "../base/assert.ts";
import { ERRORS, GityError } from "../base/errors.ts";
import type { HomeLayout } from "../base/home.ts";
import type { DaemonInfo } from "../protocol/api.ts";
import type { BuildInfo } from "../protocol/build.ts";
import type { StoreStatistics } from "../protocol/store-upkeep.ts";
import { InstanceLock } from "../store/instance-lock.ts";
import { Store } from "../store/store.ts";
import { createApp } from "./api/app.ts";
import { ApiServer } from "./api/server.ts";
import { loadToken, parseTcpAddress, type TcpAddress, TcpGuard } from "./api/tcp-guard.ts";
import { BackgroundWork, type BackgroundWorkOptions } from "./background-work.ts";
import { AutoShare } from "./auto-share.ts";
import { ConfigurationKeeper } from "./configuration-keeper.ts";
import { EventHub } from "./event-hub.ts";
import { Fleet } from "./fleet.ts";
import { Follower } from "./follower.ts";
import { findHelper } from "./helper-path.ts";
import { createHomeFolders, sweepRunFolder } from "./home-folders.ts";
import { IdleEnd } from "./idle-end.ts";
import { idleMsOf, readIdleSetting } from "./idle-setting.ts";
import { IndexWarmer } from "./index-warmer.ts";
import { LogFile } from "./log-file.ts";
import { LogKeeper } from "./log-keeper.ts";
import { readLogLevel } from "./log-level.ts";
import { MonitorThread } from "./monitor-thread.ts";
import { writeProcessRecord } from "./process-record.ts";
import { readFileSizes, readProcessUsage, readResidentBytes } from "./process-usage.ts";
import { makeReliefs } from "./reliefs.ts";
import { ResourceSampler } from "./resource-sampler.ts";
import { type ResourceLimits, readResourceLimits } from "./resource-settings.ts";
import { Resources } from "./resources.ts";
import { catchSignals } from "./signals.ts";
import type { StatusMonitor } from "./kept-status.ts";
import { type FollowableMonitor, SharedFollowing } from "./shared-following.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";
import { StatusKeeper } from "./status-keeper.ts";

export interface RunDaemonOptions {
  readonly layout: HomeLayout;
  readonly build: BuildInfo;
  readonly monitorUrl: URL;
  readonly walkerUrl: URL;
  readonly isCompiled: boolean;
  /** GITY_HELPER, when set. */
  readonly configuredHelper: string | undefined;
  /** GITY_DAEMON_ADDR, when set. */
  readonly tcpAddress?: string | undefined;
  /** Log lines also go to this descriptor. */
  readonly echoFd: number | undefined;
  /** How long a minute of `gity.daemonIdleTimeout` is; for tests. */
  readonly minuteMs?: number;
  /** What runs gity, for what is to be a process of its own; without it no index is brought up to date. */
  readonly executable?: readonly string[];
  /** How often somebody looks at what the daemon takes; for tests. */
  readonly resourceIntervalMs?: number;
  /** Ends the process at once, whatever is going on in it. */
  readonly exit: (exitCode: number) => never;
}

/** Below the home; what a request on a TCP address has to show. */
const API_TOKEN_NAME = "api-token";

const FINGERPRINT_DIGITS_SHOWN = 12;

/**
 * Resolves when the daemon has ended in good order.
 *
 * @throws GityError DAEMON_ALREADY_RUNNING, STORE_FAILED, PERMISSION_DENIED, UNSUPPORTED_PATH,
 * DAEMON_FAILED when it cannot start
 */
export async function runDaemon(options: RunDaemonOptions): Promise<void> {
  const { layout } = options;
  const startedAtMs = Date.now();
  const tcp = parseTcpAddress(options.tcpAddress);
  const stopping = Promise.withResolvers<string>();

  await using stack = new AsyncDisposableStack();
  createHomeFolders(layout);
  stack.use(InstanceLock.acquire(layout.lock));
  sweepRunFolder(layout);
  const log = stack.use(LogFile.open(layout.log, options.echoFd));
  const fatal = stack.use(catchFatalErrors(log, options.exit));
  stack.use(catchSignals(log, stopping.resolve, options.echoFd !== undefined));
  const record = stack.use(writeProcessRecord(layout.record, options.build.version));
  const { version, fingerprint } = options.build;
  const build = fingerprint.slice(0, FINGERPRINT_DIGITS_SHOWN);
  const idleSetting = readIdleSetting(log);
  const logLevel = readLogLevel(log);
  const resourceLimits = readResourceLimits(log);
  log.write("info", "starting", { version, build, pid: process.pid });

  const relief = reliefFrom(log);
  const watching = await startWatching(options, stack, { log, fatal, relief });
  const { fleet, hub } = watching;
  log.setLevel((await logLevel) ?? "info");
  const resources = stack.use(watchResources(options, watching, log, await resourceLimits));
  relief.resources = resources;
  const idle = stack.use(
    endWhenIdle(options, watching, await idleSetting, () => {
      stopping.resolve("nobody asks");
    }),
  );
  const app = createApp({
    ...watching,
    log,
    build: options.build,
    readLogs: (question) => watching.lines.read(question),
    resources,
    metrics: async () => metricsOf(options, startedAtMs, watching, resources),
    guard: tcp === undefined ? undefined : guardFor(layout),
    info: () =>
      describe(options, {
        startedAtMs,
        fleet,
        resources,
        tcpAddress: addressOf(tcp, relief.server),
      }),
    onShutdown: () => {
      stopping.resolve("a request");
    },
    onBug: (error: BugError) => fatal.end("a request met a bug", error),
  });
  const onRequest = (): void => {
    idle.touch();
  };
  const server = stack.use(new ApiServer({ app, socket: layout.socket, tcp, onRequest }));
  relief.server = server;
  stack.defer(() => {
    hub.close();
  });
  const address = addressOf(tcp, server);
  log.write("info", "listening", {
    socket: layout.socket,
    ...(address === null ? {} : { address }),
  });
  const reopened = reopen(watching);

  const reason = await Promise.race([stopping.promise, failureOf(reopened)]);
  log.write("info", "stopping", { reason });
  record[Symbol.dispose]();
}

/** Work in the background begins when what is registered is served. */
async function reopen({ fleet, work }: Watching): Promise<void> {
  await fleet.reopen();
  await work.start();
}

/** @throws GityError PERMISSION_DENIED, DAEMON_FAILED */
function guardFor({ dataFolder }: HomeLayout): TcpGuard {
  return new TcpGuard(loadToken(join(dataFolder, API_TOKEN_NAME)));
}

function endWhenIdle(
  { minuteMs }: RunDaemonOptions,
  { fleet, hub, work, shares }: Watching,
  setting: number | undefined,
  onIdle: () => void,
): IdleEnd {
  return new IdleEnd({
    idleMs: () => idleMsOf(setting, fleet.repositoryCount, minuteMs),
    queryCount: async () => fleet.queryCount(),
    isListenedTo: () => hub.subscribers > 0 || work.isBusy || shares?.isBusy === true,
    onIdle,
  });
}

interface Relief {
  /** As soon as there is one. */
  server?: ApiServer;
  resources?: Resources;
  readonly onStarved: () => void;
}

/** git comes first: for a descriptor that it waits for, everybody else is sent away. */
function reliefFrom(log: LogFile): Relief {
  const relief: Relief = {
    onStarved: () => {
      if (relief.server?.empty() === true) {
        log.write("warn", "out of descriptors: every connection to the API was ended");
      }
    },
  };
  return relief;
}

interface Watching {
  readonly store: Store;
  readonly lines: LogKeeper;
  readonly fleet: Fleet;
  readonly follower: Follower;
  readonly hub: EventHub;
  readonly work: BackgroundWork;
  readonly statuses: StatusKeeper;
  readonly warmer: IndexWarmer | undefined;
  readonly shares: AutoShare | undefined;
  readonly monitor: MonitorThread;
}

/** Everything but the doors. @throws GityError STORE_FAILED, DAEMON_FAILED */
async function startWatching(
  options: RunDaemonOptions,
  stack: AsyncDisposableStack,
  {
    log,
    fatal,
    relief,
  }: { readonly log: LogFile; readonly fatal: FatalErrors; readonly relief: Relief },
): Promise<Watching> {
  const { layout } = options;
  const hub = new EventHub();
  const store = stack.use(Store.open(layout.database));
  const lines = stack.use(keepLines(store, log, hub));
  const configuration = new ConfigurationKeeper(store, layout.runFolder);
  const snapshots = stack.use(new SnapshotKeeper(store, log));
  const monitor = stack.use(
    await MonitorThread.start({
      snapshots,
      monitorUrl: options.monitorUrl,
      walkerUrl: options.walkerUrl,
      onDeath: (reason) => {
        fatal.end("the monitor thread has died", reason);
      },
      onTrouble: (what) => {
        log.write("warn", `the monitor thread ${what}`);
      },
    }),
  );
  const fleet = stack.use(
    new Fleet({
      layout,
      store,
      configuration,
      monitor,
      log,
      events: {
        publish: (event) => {
          hub.publish(event);
          work.notice(event);
        },
      },
      onWorktreeAdded: (worktree) => shares?.added(worktree),
      findHelper: () => findHelperFor(options),
    }),
  );
  const following = new SharedFollowing(monitor);
  const follower = stack.use(follow(following.share(), fleet, hub));
  const work = stack.use(workInBackground({ fleet, store, hub, log, relief }));
  const statuses = stack.use(
    new StatusKeeper({
      layout: options.layout,
      fleet,
      hub,
      log,
      monitor: statusMonitor(monitor, following.share()),
      pausedBecause: () => relief.resources?.reason(),
    }),
  );
  const warmer = stack.use(warmIndexes(options, { monitor, fleet, log, relief }));
  const shares = stack.use(fillNewWorktrees(options, log, relief));
  connect(monitor, { fleet, snapshots, follower, work, statuses, warmer, shares, relief });
  return { store, lines, fleet, follower, hub, work, statuses, warmer, shares, monitor };
}

function workInBackground({
  relief,
  ...parts
}: Pick<BackgroundWorkOptions, "fleet" | "store" | "hub" | "log"> & {
  readonly relief: Relief;
}): BackgroundWork {
  return new BackgroundWork({
    ...parts,
    pausedBecause: () => relief.resources?.reason(),
    mayQueue: () => relief.resources?.isOver("jobs") !== true,
  });
}

/** Where there is something to do it with. */
function warmIndexes(
  { executable }: RunDaemonOptions,
  {
    monitor,
    fleet,
    log,
    relief,
  }: {
    readonly monitor: MonitorThread;
    readonly fleet: Fleet;
    readonly log: LogFile;
    readonly relief: Relief;
  },
): IndexWarmer | undefined {
  return executable === undefined
    ? undefined
    : new IndexWarmer({
        find: (worktreeId) => fleet.warmable(worktreeId),
        monitor,
        executable,
        pausedBecause: () => relief.resources?.reason(),
        log,
      });
}

/** The same. */
function fillNewWorktrees(
  { executable }: RunDaemonOptions,
  log: LogFile,
  relief: Relief,
): AutoShare | undefined {
  return executable === undefined
    ? undefined
    : new AutoShare({ executable, pausedBecause: () => relief.resources?.reason(), log });
}

/** Looks now and then at what all of it takes. */
function watchResources(
  { layout, resourceIntervalMs }: RunDaemonOptions,
  { hub, store, fleet, monitor, work, statuses }: Watching,
  log: LogFile,
  limits: ResourceLimits,
): Resources {
  const queueDepth = (): number => work.depth;
  const sampler = new ResourceSampler({ layout, fleet, monitor, queueDepth });
  const resources = new Resources({
    limits,
    sample: async (isThorough) => sampler.sample(isThorough),
    reliefs: makeReliefs({ hub, monitor, statuses, store, fleet, log }),
    log,
    events: hub,
    intervalMs: resourceIntervalMs,
  });
  fleet.adoptIf(() => !resources.isOver("watches") && !resources.isOver("descriptors"));
  resources.onChange(() => {
    work.look();
  });
  return resources;
}

/** In the store, and to whoever listens. */
function keepLines(store: Store, log: LogFile, hub: EventHub): LogKeeper {
  return new LogKeeper({
    store,
    log,
    onLine: (line) => {
      const repository =
        line.repositoryId === null
          ? undefined
          : store
              .read((tables) => tables.repositories.loadAll())
              .find(({ id }) => id === line.repositoryId);
      hub.publish({ kind: "log", commonDir: repository?.commonDir ?? null, line });
    },
  });
}

async function metricsOf(
  { build, layout }: RunDaemonOptions,
  startedAtMs: number,
  { fleet, store, work, statuses, warmer }: Watching,
  resources: Resources,
): Promise<string> {
  if (resources.standings().length === 0) {
    await resources.look(false);
  }
  // It takes some milliseconds to load, and most daemons are never asked.
  const { renderMetrics } = await import("./metrics.ts");
  return renderMetrics({
    build,
    nowMs: Date.now(),
    startedAtMs,
    repositories: fleet.repositoryCount,
    worktrees: await fleet.healths(),
    jobs: work.numbers,
    statuses: statuses.numbers,
    warmings: warmer?.counts ?? new Map(),
    usage: readProcessUsage(),
    sizes: readFileSizes(layout),
    resources: resources.standings(),
    store: statisticsOf(store),
  });
}

/** Undefined when the store cannot be read: the other numbers are worth as much. */
function statisticsOf(store: Store): StoreStatistics | undefined {
  try {
    return store.statistics();
  } catch (error) {
    if (!(error instanceof GityError)) {
      throw error;
    }
    return undefined;
  }
}

function findHelperFor({ configuredHelper, isCompiled, layout }: RunDaemonOptions): string {
  const { execPath: executable } = process;
  return findHelper({ configured: configuredHelper, isCompiled, executable, layout });
}

/** With the port that the system chose where any would do. */
function addressOf(tcp: TcpAddress | undefined, server: ApiServer | undefined): string | null {
  return tcp === undefined ? null : `tcp://${tcp.hostname}:${server?.port ?? tcp.port}`;
}

function describe(
  { build, layout }: RunDaemonOptions,
  {
    startedAtMs,
    fleet,
    resources,
    tcpAddress,
  }: {
    readonly startedAtMs: number;
    readonly fleet: Fleet;
    readonly resources: Resources;
    readonly tcpAddress: string | null;
  },
): DaemonInfo {
  return {
    ...build,
    pid: process.pid,
    startedAtMs,
    home: layout.home,
    tcpAddress,
    repositories: fleet.repositoryCount,
    worktrees: fleet.worktreeCount,
    residentBytes: readResidentBytes(),
    overLimits: resources.overLimits(),
  };
}

function statusMonitor(monitor: MonitorThread, shared: FollowableMonitor): StatusMonitor {
  return {
    ...shared,
    changes: async (worktreeId, since) => monitor.changes(worktreeId, since),
    nestedRepositories: async (worktreeId) => monitor.nestedRepositories(worktreeId),
  };
}

function follow(monitor: FollowableMonitor, fleet: Fleet, hub: EventHub): Follower {
  return new Follower({
    monitor,
    hub,
    worktrees: () => fleet.followables(),
    find: (worktreeId) => fleet.followable(worktreeId),
  });
}

interface Listeners {
  readonly fleet: Fleet;
  readonly snapshots: SnapshotKeeper;
  readonly follower: Follower;
  readonly work: BackgroundWork;
  readonly statuses: StatusKeeper;
  readonly warmer: IndexWarmer | undefined;
  readonly shares: AutoShare | undefined;
  readonly relief: Relief;
}

/** What the monitor says reaches the fleet, and what git says about the scope the monitor. Before
 *  anything is open, so nothing is missed. */
function connect(
  monitor: MonitorThread,
  { fleet, snapshots, follower, work, statuses, warmer, shares, relief }: Listeners,
): void {
  snapshots.attach(monitor);
  monitor.subscribe({
    onState: (worktreeId, health) => {
      fleet.update(worktreeId, health);
      follower.stateChanged(worktreeId, health);
      work.stateChanged(worktreeId, health.state);
      warmer?.stateChanged(worktreeId, health.state);
      shares?.stateChanged(worktreeId, health);
      if (health.state === "ready") {
        relief.resources?.lookSoon();
        statuses.covered(worktreeId);
      }
    },
    onClosed: (worktreeId) => {
      follower.closed(worktreeId);
      work.closed(worktreeId);
      statuses.closed(worktreeId);
      warmer?.closed(worktreeId);
      shares?.closed(worktreeId);
    },
    onMoved: (worktreeId) => {
      follower.moved(worktreeId);
      statuses.moved(worktreeId);
    },
    onGitStateMoved: (worktreeId, part) => {
      follower.gitStateMoved(worktreeId, part);
      if (part === "index") {
        warmer?.indexMoved(worktreeId);
      }
      statuses.moved(worktreeId);
    },
    onStatusAsked: (worktreeId) => {
      statuses.asked(worktreeId);
    },
    onStarved: relief.onStarved,
    onWalkProgress: (worktreeId, count) => fleet.session(worktreeId)?.markProgress(count),
    onRescope: (worktreeId, isUrgent) => {
      fleet.rescope(worktreeId, isUrgent, (id, scope) => {
        monitor.setScope(id, scope);
      });
    },
    onSocketLost: (worktreeId, loss) => {
      fleet.socketLost(worktreeId, loss);
    },
    onWorktreesChanged: (repositoryId) => {
      fleet.worktreesChanged(repositoryId);
    },
  });
}

/** Settles only if the promise fails. */
async function failureOf(promise: Promise<void>): Promise<never> {
  await promise;
  return new Promise<never>(() => {});
}

interface FatalErrors extends Disposable {
  end(what: string, error: unknown): void;
}

/** A bug is logged and ends the process; the state on disk is the last complete step's. */
function catchFatalErrors(log: LogFile, exit: (exitCode: number) => never): FatalErrors {
  const end = (what: string, error: unknown): void => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.write("error", what, { stack });
    exit(ERRORS.DAEMON_FAILED.exitCode);
  };
  const onException = (error: unknown): void => {
    end("uncaught exception", error);
  };
  process.on("uncaughtException", onException);
  process.on("unhandledRejection", onException);
  return {
    end,
    [Symbol.dispose]: () => {
      process.off("uncaughtException", onException);
      process.off("unhandledRejection", onException);
    },
  };
}
