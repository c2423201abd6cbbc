/**
 * The control thread's side of the monitor: its Worker, the port to it, and its replies as
 * promises.
 *
 * A message to the monitor goes through the port and is announced on its eventfd, because the
 * monitor sleeps in poll(2). See monitor/messages.ts for what is said.
 */

import { writeSync } from "node:fs";

import { unreachable } from "../base/assert.ts";
import { GityError } from "../base/errors.ts";
import { Heartbeat } from "../base/heartbeat.ts";
import { MONITOR_REPLY_MS_MAX, WALKERS_MAX } from "../base/limits.ts";
import type {
  CatchUp,
  FromMonitor,
  GitStatePart,
  MonitorReply,
  MonitorStart,
  RepositoryId,
  ScopeMessage,
  SeenDifference,
  SnapshotBeginning,
  SnapshotOrigin,
  SocketLoss,
  ToMonitor,
  WalkerFinding,
  WalkResult,
  WalkMessage,
  WorktreeId,
} from "../monitor/messages.ts";
import type { WorktreeHealth } from "../protocol/worktree-health.ts";
import { LimitedQueue } from "./limited-queue.ts";
import { HangGuard } from "./hang-guard.ts";
import { transferList, walkTree } from "./walker-thread.ts";

export interface MonitorThreadOptions {
  readonly monitorUrl: URL;
  readonly walkerUrl: URL;
  readonly snapshots: WalkSnapshots;
  /** The Worker ended without having been asked to: nothing is being served any more. */
  readonly onDeath: (reason: string) => void;
  /** A sentence's end for the log: it hangs, or goes on after that. */
  readonly onTrouble: (what: string) => void;
}

/** What walks are compared with, and what becomes of what they find; SnapshotKeeper has it. */
export interface WalkSnapshots {
  before(walk: WalkMessage): { bytes: Uint8Array; since: number } | undefined;
  catchUp(walk: WalkMessage, since: number, found: WalkerTable): Promise<CatchUp | undefined>;
  found(walk: WalkMessage, found: WalkerTable): void;
  covered(worktreeId: WorktreeId, attempt: number, origin: SnapshotOrigin): void;
  due(worktreeId: WorktreeId): void;
  forget(worktreeId: WorktreeId): void;
}

type WalkerTable = Extract<WalkerFinding, { kind: "table" }>;

export interface MonitorListener {
  readonly onState: (worktreeId: WorktreeId, health: WorktreeHealth) => void;
  readonly onWalkProgress: (worktreeId: WorktreeId, directories: number) => void;
  /** What need not be watched may be something else by now; answer with setScope(). */
  readonly onRescope: (worktreeId: WorktreeId, isUrgent: boolean) => void;
  /** git's socket of this worktree is no longer served; ask for it again with serveSocket(). */
  readonly onSocketLost: (worktreeId: WorktreeId, loss: SocketLoss) => void;
  /** A linked worktree may have come or gone. */
  readonly onWorktreesChanged: (repositoryId: RepositoryId) => void;
  /** git waits, and there is no descriptor for it. */
  readonly onStarved: () => void;
  /** It was closed; nothing more is heard of it. */
  readonly onClosed: (worktreeId: WorktreeId) => void;
  /** Something has changed since follow(). */
  readonly onMoved: (worktreeId: WorktreeId) => void;
  readonly onGitStateMoved: (worktreeId: WorktreeId, part: GitStatePart) => void;
  /** Somebody uses the ready-made status. */
  readonly onStatusAsked: (worktreeId: WorktreeId) => void;
}

export interface MonitoredWorktree {
  readonly id: WorktreeId;
  readonly root: string;
  readonly gitDir: string;
  readonly ownFolder: string | undefined;
  readonly isSocketLocked: boolean;
  readonly scope: ScopeMessage;
}

export interface MonitorChanges {
  readonly token: string;
  /** Undefined: anything may have changed. Latin1, one character per byte. */
  readonly paths: readonly string[] | undefined;
}

interface Waiter {
  readonly resolve: (reply: MonitorReply) => void;
  readonly reject: (error: GityError) => void;
}

/** One eventfd increment: eventfd(2) takes eight bytes in the machine's byte order. */
const WAKE = new Uint8Array(new BigUint64Array([1n]).buffer);

export class MonitorThread implements AsyncDisposable {
  readonly #options: MonitorThreadOptions;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #heartbeat = new Heartbeat();
  readonly #guard: HangGuard;
  readonly #started = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #waiters = new Map<number, Waiter>();
  readonly #walks = new LimitedQueue(WALKERS_MAX);
  readonly #firstStates = new Map<WorktreeId, (health: WorktreeHealth) => void>();
  #listener: MonitorListener | undefined;
  #wakeFd: number | undefined;
  #lastRequestId = 0;
  #isStopping = false;
  #hasEnded = false;

  private constructor(options: MonitorThreadOptions) {
    this.#options = options;
    this.#worker = new Worker(options.monitorUrl.href);
    this.#worker.addEventListener("message", (event: MessageEvent<FromMonitor>) => {
      this.#receive(event.data);
    });
    this.#worker.addEventListener("error", (event) => {
      this.#end(event.message);
    });
    this.#worker.addEventListener("close", () => {
      this.#end("it ended");
    });
    this.#guard = new HangGuard({
      heartbeat: this.#heartbeat,
      onHang: () => {
        options.onTrouble("hangs: git is turned away, and looks for itself");
      },
      onWake: () => {
        options.onTrouble("goes on");
      },
      onLost: () => {
        this.#end("it hangs");
      },
    });
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const { memory } = this.#heartbeat;
    const start: MonitorStart = { port: port2, memory };
    this.#worker.postMessage(start, [port2]);
  }

  /** @throws GityError DAEMON_FAILED */
  static async start(options: MonitorThreadOptions): Promise<MonitorThread> {
    const thread = new MonitorThread(options);
    await withinTime(thread.#started.promise, "start");
    return thread;
  }

  subscribe(listener: MonitorListener): void {
    this.#listener = listener;
  }

  /** Resolves with the first state the monitor reports. @throws GityError DAEMON_FAILED */
  async open(worktree: MonitoredWorktree): Promise<WorktreeHealth> {
    const first = Promise.withResolvers<WorktreeHealth>();
    this.#firstStates.set(worktree.id, first.resolve);
    try {
      this.#send({
        kind: "open",
        worktreeId: worktree.id,
        root: worktree.root,
        gitDir: worktree.gitDir,
        ownFolder: worktree.ownFolder,
        isSocketLocked: worktree.isSocketLocked,
        scope: worktree.scope,
      });
      return await withinTime(first.promise, `open '${worktree.root}'`);
    } finally {
      this.#firstStates.delete(worktree.id);
    }
  }

  /** Does nothing once the thread has ended; so do the four that follow. */
  setScope(worktreeId: WorktreeId, scope: ScopeMessage): void {
    this.#tell({ kind: "scope", worktreeId, scope });
  }

  /** It asks (onRescope) at its next opportunity, unless it has asked and waits. */
  reviewScope(worktreeId: WorktreeId): void {
    this.#tell({ kind: "review-scope", worktreeId });
  }

  serveSocket(worktreeId: WorktreeId): void {
    this.#tell({ kind: "serve-socket", worktreeId });
  }

  watchWorktrees(repositoryId: RepositoryId, commonDir: string): void {
    this.#tell({ kind: "watch-worktrees", repositoryId, commonDir });
  }

  unwatchWorktrees(repositoryId: RepositoryId): void {
    this.#tell({ kind: "unwatch-worktrees", repositoryId });
  }

  /** Afterwards nothing of gity's is left in the git directory. @throws GityError DAEMON_FAILED */
  async close(worktreeId: WorktreeId): Promise<void> {
    await this.#ask((requestId) => ({ kind: "close", worktreeId, requestId }));
    this.#options.snapshots.forget(worktreeId);
    this.#listener?.onClosed(worktreeId);
  }

  /** Returns undefined when the worktree is not open. @throws GityError DAEMON_FAILED */
  async changes(worktreeId: WorktreeId, since: string): Promise<MonitorChanges | undefined> {
    const reply = await this.#ask((requestId) => ({
      kind: "changes",
      worktreeId,
      requestId,
      since,
    }));
    return reply.kind === "changes" ? { token: reply.token, paths: reply.paths } : undefined;
  }

  /** As changes(), and onMoved() is called once when there is more; onGitStateMoved() until unfollow(). */
  async follow(
    worktreeId: WorktreeId,
    commonDir: string,
    since: string,
  ): Promise<MonitorChanges | undefined> {
    const reply = await this.#ask((requestId) => ({
      kind: "follow",
      worktreeId,
      requestId,
      since,
      commonDir,
    }));
    return reply.kind === "changes" ? { token: reply.token, paths: reply.paths } : undefined;
  }

  unfollow(worktreeId: WorktreeId): void {
    this.#tell({ kind: "unfollow", worktreeId });
  }

  /** Directories with a `.git` of their own; undefined when it is not known, or they are too many.
   *  @throws GityError DAEMON_FAILED */
  async nestedRepositories(worktreeId: WorktreeId): Promise<readonly string[] | undefined> {
    const reply = await this.#ask((requestId) => ({ kind: "nested", worktreeId, requestId }));
    return reply.kind === "nested" ? reply.paths : undefined;
  }

  /** Returns undefined when the worktree is not open. @throws GityError DAEMON_FAILED */
  async health(worktreeId: WorktreeId): Promise<WorktreeHealth | undefined> {
    const reply = await this.#ask((requestId) => ({ kind: "health", worktreeId, requestId }));
    return reply.kind === "health" ? reply.health : undefined;
  }

  /** Directories that are watched in all worktrees. @throws GityError DAEMON_FAILED */
  async countWatched(): Promise<number> {
    const reply = await this.#ask((requestId) => ({ kind: "usage", requestId }));
    return reply.kind === "usage" ? reply.watchedDirectories : 0;
  }

  /** Memory is short. */
  shrink(): void {
    this.#tell({ kind: "shrink" });
  }

  /** @throws GityError DAEMON_FAILED */
  async beginSnapshot(
    worktreeId: WorktreeId,
    forgets: boolean,
  ): Promise<SnapshotBeginning | "not-now" | "gone"> {
    const reply = await this.#ask((requestId) => ({
      kind: "begin-snapshot",
      worktreeId,
      requestId,
      forgets,
    }));
    return reply.kind === "snapshot" ? (reply.beginning ?? "not-now") : "gone";
  }

  /** @throws GityError DAEMON_FAILED */
  async endSnapshot(
    worktreeId: WorktreeId,
    origin: SnapshotOrigin,
    seen: SeenDifference,
  ): Promise<boolean> {
    const reply = await this.#ask((requestId) => ({
      kind: "end-snapshot",
      worktreeId,
      requestId,
      origin,
      seen,
    }));
    return reply.kind === "snapshot-ended" && reply.isValid;
  }

  snapshotSaved(worktreeId: WorktreeId, origin: SnapshotOrigin): void {
    this.#tell({ kind: "snapshot-saved", worktreeId, origin });
  }

  /** Walks a tree without watching it, and compares it with a snapshot. Never rejects. */
  async look(
    root: string,
    excluded: readonly string[],
    before: Uint8Array | undefined,
  ): Promise<WalkerFinding> {
    const request = { root, excluded, inotifyFd: undefined, before };
    return this.#walks.run(() => walkTree(this.#options.walkerUrl, request, () => {}));
  }

  /** Ends the thread in good order; one that does not answer is ended with the process. */
  async stop(): Promise<void> {
    if (this.#isStopping || this.#hasEnded) {
      return;
    }
    this.#isStopping = true;
    this.#guard[Symbol.dispose]();
    const stopped = this.#ask((requestId) => ({ kind: "stop", requestId }));
    await Promise.race([stopped, this.#ended.promise]);
    this.#port.close();
    this.#worker.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #ask(message: (requestId: number) => ToMonitor): Promise<MonitorReply> {
    this.#lastRequestId += 1;
    const requestId = this.#lastRequestId;
    const { promise, resolve, reject } = Promise.withResolvers<MonitorReply>();
    this.#waiters.set(requestId, { resolve, reject });
    try {
      this.#send(message(requestId));
      return await withinTime(promise, "reply");
    } finally {
      this.#waiters.delete(requestId);
    }
  }

  #tell(message: ToMonitor): void {
    if (!this.#isStopping && !this.#hasEnded) {
      this.#send(message);
    }
  }

  #send(message: ToMonitor, transfer: ArrayBuffer[] = []): void {
    // Once it is stopping its eventfd may be closed, and the number somebody else's.
    const isTooLate = this.#hasEnded || (this.#isStopping && message.kind !== "stop");
    if (this.#wakeFd === undefined || isTooLate) {
      throw new GityError("DAEMON_FAILED", "cannot reach the monitor thread: it has ended");
    }
    this.#port.postMessage(message, transfer);
    writeSync(this.#wakeFd, WAKE);
  }

  #receive(message: FromMonitor): void {
    switch (message.kind) {
      case "started":
        this.#wakeFd = message.wakeFd;
        this.#started.resolve();
        return;
      case "walk":
        void this.#walks.run(() => this.#walk(message));
        return;
      case "rescope":
        this.#listener?.onRescope(message.worktreeId, message.isUrgent);
        return;
      case "state":
        this.#firstStates.get(message.worktreeId)?.(message.health);
        this.#listener?.onState(message.worktreeId, message.health);
        return;
      case "socket-lost":
        this.#listener?.onSocketLost(message.worktreeId, message.loss);
        return;
      case "covered":
        this.#options.snapshots.covered(message.worktreeId, message.attempt, message.origin);
        return;
      case "snapshot-due":
        this.#options.snapshots.due(message.worktreeId);
        return;
      case "worktrees-changed":
        this.#listener?.onWorktreesChanged(message.repositoryId);
        return;
      case "starved":
        this.#listener?.onStarved();
        return;
      case "moved":
        this.#listener?.onMoved(message.worktreeId);
        return;
      case "status-asked":
        this.#listener?.onStatusAsked(message.worktreeId);
        return;
      case "git-state-moved":
        this.#listener?.onGitStateMoved(message.worktreeId, message.part);
        return;
      case "reply":
        this.#waiters.get(message.requestId)?.resolve(message.reply);
        return;
      default:
        unreachable(message);
    }
  }

  async #walk(walk: WalkMessage): Promise<void> {
    const { worktreeId, attempt, root, inotifyFd, excluded } = walk;
    const { snapshots, walkerUrl } = this.#options;
    const before = snapshots.before(walk);
    const request = { root, inotifyFd, excluded, before: before?.bytes };
    const found = await walkTree(walkerUrl, request, (directories) => {
      this.#listener?.onWalkProgress(worktreeId, directories);
    });
    let result: WalkResult;
    if (found.kind === "table") {
      const catchUp =
        before === undefined ? undefined : await snapshots.catchUp(walk, before.since, found);
      snapshots.found(walk, found);
      result = { kind: "table", table: found.table, catchUp };
    } else {
      result = found;
    }
    if (!this.#isStopping && !this.#hasEnded) {
      this.#send({ kind: "walked", worktreeId, attempt, result }, transferList(result));
    }
  }

  #end(reason: string): void {
    if (this.#hasEnded) {
      return;
    }
    this.#hasEnded = true;
    this.#guard[Symbol.dispose]();
    const error = new GityError("DAEMON_FAILED", `the monitor thread has ended: ${reason}`);
    for (const waiter of this.#waiters.values()) {
      waiter.reject(error);
    }
    if (this.#isStopping) {
      this.#ended.resolve();
    } else if (this.#wakeFd === undefined) {
      this.#started.reject(error);
    } else {
      this.#options.onDeath(reason);
    }
  }
}

async function withinTime<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new GityError(
        "DAEMON_FAILED",
        `the monitor thread did not ${what} within ${MONITOR_REPLY_MS_MAX} ms`,
      ),
    );
  }, MONITOR_REPLY_MS_MAX);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
