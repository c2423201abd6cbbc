/**
 * The life of one watched worktree: from its first crawl, through every change, to each answer.
 *
 * Owns: the back end, the published history, the private folder and the socket of the worktree.
 * Called by: the monitor's loop. It never blocks; what takes longer is done in slices (`turn`) or
 * by a walker that somebody else starts (`walk`).
 *
 * INVARIANTS
 *
 *   [M1] `ready` means: everything that happened since `beginAnswers` is in the history, in the
 *        back end's queue, or in its list of directories to crawl. In every other state the
 *        answer is `/`, with a token that is never answered otherwise.
 *   [M2] An answer other than `/` is given only after a drain and a complete settling.
 *   [M3] A cookie is acknowledged only after the publication that follows its drain and settling,
 *        or when the log says "unknown".
 */

import { statSync } from "node:fs";

import type { BytePath } from "../base/brands.ts";
import {
  CRAWL_ATTEMPTS_MAX,
  CRAWL_SLICE_MS,
  DEGRADED_RETRY_MS,
  QUERY_DEADLINE_MS,
  SCOPE_NEW_DIRECTORIES,
} from "../base/limits.ts";
import { duplicateDescriptor } from "../ffi/descriptors.ts";
import type { ErrorCode } from "../base/errors.ts";
import { EMFILE, ENOENT, ENOSPC, SystemCallError } from "../ffi/libc.ts";
import { conePath, listingPath } from "../protocol/changed-paths.ts";
import type { WorktreeHealth, WorktreeState } from "../protocol/worktree-health.ts";
import type { ChangeSink, Loss, WatchBackend } from "../watch/backend.ts";
import { ExcludedPaths } from "../watch/excluded-paths.ts";
import { InotifyBackend } from "../watch/inotify-backend.ts";
import type { InotifyPool } from "../watch/inotify-instance.ts";
import type { Answer } from "./answer.ts";
import { GitSocket } from "./git-socket.ts";
import type { FromMonitor, ScopeMessage, WalkResult, WorktreeId } from "./messages.ts";
import { PrivateFolder } from "./private-folder.ts";
import { PublishedHistory } from "./published-history.ts";
import { ScopeWatch } from "./scope.ts";
import { systemFailureOf } from "./system-failure.ts";

export type WalkRequest = Pick<
  Extract<FromMonitor, { kind: "walk" }>,
  "attempt" | "root" | "inotifyFd" | "excluded"
>;

export interface SessionHost {
  /** Asks for a walker on this tree, who will close the descriptor. */
  walk(request: WalkRequest): void;
  /** Asks for the scope to be found anew. */
  rescope(isUrgent: boolean): void;
  /** Something a person may want to know has changed. */
  stateChanged(): void;
}

export interface SessionPlace {
  readonly worktreeId: WorktreeId;
  readonly root: string;
  readonly gitDir: string;
  readonly bootId: string;
  readonly scope: ScopeMessage | undefined;
}

interface Trouble {
  readonly code?: ErrorCode;
  readonly reason: string;
  readonly cure: string | null;
}

export class WorktreeSession implements Disposable {
  readonly place: SessionPlace;
  readonly #host: SessionHost;
  readonly #pool: InotifyPool;
  readonly #scope: ScopeWatch;
  readonly #excluded: ExcludedPaths;
  readonly #folder: PrivateFolder;
  readonly #history: PublishedHistory;
  readonly #sink: ChangeSink;
  #backend: WatchBackend | undefined;
  #socket: GitSocket | undefined;
  #state: WorktreeState = "crawling";
  #trouble: Trouble | undefined;
  #loss: Loss | undefined;
  /** Numbers the walks, so that the result of a superseded one is known as such. */
  #attempt = 0;
  /** Who asked for each walk that has not come back. */
  readonly #walks = new Map<number, WatchBackend>();
  #attemptsInARow = 0;
  #retryAtMs = Number.POSITIVE_INFINITY;
  #hasLostCookies = false;
  readonly #waitingCookies: string[] = [];
  #isSettled = true;
  #queries = 0;
  #unknownAnswers = 0;
  #resyncs = 0;
  #crawlMs: number | null = null;
  #watchMs: number | null = null;

  constructor(place: SessionPlace, host: SessionHost, pool: InotifyPool) {
    this.place = place;
    this.#pool = pool;
    this.#scope = new ScopeWatch(place.scope);
    this.#excluded = new ExcludedPaths((place.scope?.excluded ?? []) as BytePath[]);
    this.#host = host;
    this.#folder = new PrivateFolder(place.gitDir);
    this.#history = new PublishedHistory(this.#folder.log, place.bootId);
    this.#history.setOwnIndexOnly(this.#excluded.size > 0);
    this.#sink = this.#makeSink();
  }

  /** For poll(2); undefined while there is nothing to wait for. */
  get backend(): WatchBackend | undefined {
    return this.#backend;
  }

  get socket(): GitSocket | undefined {
    return this.#socket;
  }

  /** Whether `turn` has work left that no descriptor announces. */
  get isBusy(): boolean {
    // A shared instance is drained by whoever comes first, on behalf of all.
    return (
      !this.#isSettled ||
      this.#loss !== undefined ||
      this.#waitingCookies.length > 0 ||
      (this.#backend?.hasWork ?? false)
    );
  }

  /** When to call `turn` although no descriptor is ready. */
  get retryAtMs(): number {
    return this.#retryAtMs;
  }

  /** Begins to watch, and to listen. */
  start(): void {
    this.#start({ mayMakeFolder: true });
  }

  /**
   * Only where somebody has just asked for it may a folder be made in the git directory: at any
   * other time it may be in the middle of being deleted, which a new folder would make fail.
   */
  #start(permission: { readonly mayMakeFolder: boolean }): void {
    this.#attempt += 1;
    this.#attemptsInARow += 1;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    this.#loss = undefined;
    this.#isSettled = true;
    this.#backend?.[Symbol.dispose]();
    this.#backend = undefined;
    const failure = systemFailureOf(() => {
      if (permission.mayMakeFolder) {
        this.#folder.prepare();
      }
      this.#open();
    });
    if (failure !== undefined) {
      this.#degrade(troubleOf(failure));
      return;
    }
    this.#host.stateChanged();
  }

  #open(): void {
    const { dev, ino } = statSync(this.place.root, { bigint: true });
    this.#history.beginUnknown({ device: dev, inode: ino });
    this.#openSocket();
    const backend = new InotifyBackend(this.place.root, this.#sink, {
      pool: this.#pool,
      excluded: this.#excluded,
    });
    this.#backend = backend;
    this.#hasLostCookies =
      systemFailureOf(() => backend.watchCookies(this.#folder.cookies)) !== undefined;
    const inotifyFd = duplicateDescriptor(backend.fd);
    this.#walks.set(this.#attempt, backend);
    this.#host.walk({
      attempt: this.#attempt,
      root: this.place.root,
      inotifyFd,
      excluded: [...this.#excluded],
    });
  }

  /** Without a socket the log still answers; why there is none is told in `health`. */
  #openSocket(): void {
    if (this.#socket !== undefined) {
      return;
    }
    const failure = systemFailureOf(() => {
      this.#socket = new GitSocket(this.place.gitDir);
    });
    if (failure !== undefined) {
      const reason = `git's socket cannot be served: ${failure.message}`;
      this.#trouble = { reason, cure: null };
    }
  }

  /** The walker is done. Results of walks that were given up meanwhile are ignored. */
  walked(attempt: number, result: WalkResult): void {
    const asking = this.#walks.get(attempt);
    this.#walks.delete(attempt);
    const backend = this.#backend;
    if (backend === undefined || asking !== backend) {
      if (result.kind === "table") {
        asking?.discard(result.table);
      }
      return;
    }
    if (result.kind === "failed") {
      const { syscall, errno, path } = result;
      this.#degrade(troubleOf(new SystemCallError(syscall, errno, path)));
      return;
    }
    this.#crawlMs = result.table.walkMs;
    this.#watchMs = result.table.watchMs;
    // Recording begins before the events that came in during the walk are looked at.
    this.#history.beginAnswers();
    backend.cover(result.table);
    this.#isSettled = false;
    this.turn();
  }

  /** Takes in what happened, crawls for a slice, and serves whoever waits for it. */
  turn(): void {
    if (performance.now() >= this.#retryAtMs) {
      this.start();
      return;
    }
    const backend = this.#backend;
    if (backend === undefined) {
      return;
    }
    backend.drain();
    this.#isSettled = this.#isCovering || backend.settle(CRAWL_SLICE_MS);
    if (this.#recoverFromLoss()) {
      return;
    }
    if (this.#isSettled && !this.#isCovering && this.#state !== "ready") {
      this.#becomeReady();
    }
    if (this.#history.isInDoubt && this.#isSettled && this.#state === "ready") {
      // Helpers read the doubt in the log and ask no further: it has to end by itself.
      this.#checkScope();
    }
    this.#serveCookies();
    if (backend.newDirectories >= SCOPE_NEW_DIRECTORIES && this.#scope.shouldAskForNew()) {
      this.#host.rescope(false);
    }
  }

  /** Whether a walker is at work: what is read now is kept for later. */
  get #isCovering(): boolean {
    return this.#history.generation === 0;
  }

  #becomeReady(): void {
    this.#state = "ready";
    this.#attemptsInARow = 0;
    this.#trouble = this.#socket === undefined ? this.#trouble : undefined;
    this.#host.stateChanged();
  }

  /** [M2] Answers within the deadline, whatever is going on. */
  answer(since: string): Answer {
    this.#queries += 1;
    if (this.#hasLostCookies) {
      this.#restoreCookies();
    }
    const endMs = performance.now() + QUERY_DEADLINE_MS;
    while (this.#state === "ready") {
      this.turn();
      if (this.#isSettled || performance.now() > endMs) {
        break;
      }
    }
    const canAnswer = this.#state === "ready" && this.#isSettled;
    if (canAnswer) {
      this.#checkScope();
    }
    const answer: Answer = canAnswer
      ? this.#history.answer(since, () => this.#listings())
      : { kind: "unknown", token: this.#history.unanswerableToken };
    if (answer.kind === "unknown") {
      this.#unknownAnswers += 1;
    }
    return answer;
  }

  *#listings(): Generator<BytePath> {
    for (const directory of this.#backend?.directories() ?? []) {
      yield listingPath(directory);
    }
  }

  /** Before every answer: does what is not watched still need no watching? */
  #checkScope(): void {
    const backend = this.#backend;
    if (backend === undefined) {
      return;
    }
    const doubt = this.#scope.doubt(backend.excludedDirectories);
    if (doubt === "index") {
      backend.reportExcluded();
    }
    this.#history.setDoubt(doubt === "rules");
    if (this.#scope.shouldAsk(doubt)) {
      this.#host.rescope(doubt === "rules");
    }
  }

  /** The control thread has asked git. */
  setScope(scope: ScopeMessage): void {
    this.#scope.accept(scope);
    const excluded = scope.excluded as readonly BytePath[];
    const isAnyExcluded = excluded.length > 0;
    if (isAnyExcluded) {
      this.#history.setOwnIndexOnly(true);
    }
    if (this.#backend === undefined) {
      this.#excluded.replace(excluded);
    } else {
      this.#backend.exclude(excluded);
      this.#isSettled = false;
    }
    this.#history.setOwnIndexOnly(isAnyExcluded);
    this.turn();
  }

  /** [M3] A slow crawl does not keep helpers waiting: they give up the cookie by themselves. */
  #serveCookies(): void {
    if (this.#waitingCookies.length === 0 || !this.#isSettled) {
      return;
    }
    this.#queries += this.#waitingCookies.length;
    if (this.#state === "ready") {
      this.#checkScope();
    } else {
      this.#unknownAnswers += this.#waitingCookies.length;
    }
    this.#history.publish();
    this.#history.acknowledge(this.#waitingCookies);
    this.#waitingCookies.length = 0;
  }

  /** Somebody removed the folder. Should it not come back, helpers ask the socket. */
  #restoreCookies(): void {
    this.#hasLostCookies = false;
    const failure = systemFailureOf(() => {
      this.#folder.prepare();
      this.#backend?.watchCookies(this.#folder.cookies);
    });
    this.#history.publish();
    if (failure !== undefined) {
      this.#trouble = { reason: `helpers cannot be served: ${failure.message}`, cure: null };
    }
  }

  /** True when what was seen so far no longer counts. */
  #recoverFromLoss(): boolean {
    const loss = this.#loss;
    if (loss === undefined) {
      return false;
    }
    this.#waitingCookies.length = 0;
    this.#resyncs += 1;
    if (loss.kind === "watch-limit" || loss.kind === "root-gone" || loss.kind === "unmounted") {
      this.#degrade(troubleOfLoss(loss));
    } else if (this.#attemptsInARow >= CRAWL_ATTEMPTS_MAX) {
      const reason = `the tree changes faster than it can be crawled: ${loss.reason}`;
      this.#degrade({ reason, cure: "raise it with 'sysctl fs.inotify.max_queued_events=65536'" });
    } else {
      this.#state = "catching-up";
      this.#trouble = { reason: loss.reason, cure: null };
      this.#start({ mayMakeFolder: false });
    }
    return true;
  }

  #degrade(trouble: Trouble): void {
    this.#state = "degraded";
    if (trouble.code === "WORKTREE_GONE") {
      this.#closeSocket();
    }
    this.#trouble = trouble;
    this.#loss = undefined;
    this.#isSettled = true;
    this.#attemptsInARow = 0;
    this.#backend?.[Symbol.dispose]();
    this.#backend = undefined;
    this.#retryAtMs = performance.now() + DEGRADED_RETRY_MS;
    this.#history.beginUnknown();
    this.#host.stateChanged();
  }

  health(crawledDirectories: number): WorktreeHealth {
    return {
      state: this.#state,
      reason: this.#trouble?.reason ?? this.#history.logFailure ?? null,
      cure: this.#trouble?.cure ?? null,
      ...(this.#trouble?.code === undefined ? {} : { code: this.#trouble.code }),
      token: this.#history.token,
      generation: this.#history.generation,
      oldestGeneration: this.#history.oldestGeneration,
      watchedDirectories: this.#backend?.watchedDirectories ?? 0,
      excludedDirectories: this.#excluded.size,
      historyPaths: this.#history.size,
      queries: this.#queries,
      unknownAnswers: this.#unknownAnswers,
      eventsRead: this.#backend?.eventsRead ?? 0,
      resyncs: this.#resyncs,
      crawlMs: this.#crawlMs,
      watchMs: this.#watchMs,
      crawledDirectories,
    };
  }

  /** Stops serving; the log says so to whoever has it open. The folder stays. */
  [Symbol.dispose](): void {
    this.#backend?.[Symbol.dispose]();
    this.#backend = undefined;
    this.#history.close();
    this.#closeSocket();
  }

  #closeSocket(): void {
    systemFailureOf(() => this.#socket?.[Symbol.dispose]());
    this.#socket = undefined;
  }

  /** Stops serving, and leaves nothing of ours in the git directory. */
  takeAway(): void {
    this[Symbol.dispose]();
    systemFailureOf(() => this.#folder.remove());
  }

  #makeSink(): ChangeSink {
    return {
      entryChanged: (path) => this.#history.record(path),
      listingChanged: (directory) => this.#history.record(listingPath(directory)),
      coneChanged: (directory: BytePath) => this.#history.record(conePath(directory)),
      ignoreRulesChanged: () => {
        this.#scope.rulesChanged();
      },
      cookieSeen: (name) => {
        this.#waitingCookies.push(name);
      },
      cookiesLost: () => {
        this.#hasLostCookies = true;
      },
      lost: (loss) => {
        this.#loss = loss;
      },
    };
  }
}

const WATCH_LIMIT: Trouble = {
  code: "WATCH_LIMIT_REACHED",
  reason: "the limit of inotify watches is reached",
  cure: "raise it with 'sysctl fs.inotify.max_user_watches=1048576'",
};

function troubleOfLoss(loss: Loss): Trouble {
  switch (loss.kind) {
    case "watch-limit":
      return WATCH_LIMIT;
    case "root-gone":
      return { code: "WORKTREE_GONE", reason: loss.reason, cure: null };
    default:
      return { reason: loss.reason, cure: null };
  }
}

/** What a person is told when watching could not begin. */
function troubleOf(failure: Error): Trouble {
  const code = failure instanceof SystemCallError ? failure.errno : undefined;
  switch (code) {
    case ENOSPC:
      return WATCH_LIMIT;
    case EMFILE:
      return {
        code: "INSTANCE_LIMIT_REACHED",
        reason: "the limit of inotify instances, or of open files, is reached",
        cure: "raise it with 'sysctl fs.inotify.max_user_instances=1024', or 'ulimit -n'",
      };
    default:
      return {
        ...goneOrNot(failure),
        reason: `the worktree cannot be watched: ${failure.message}`,
      };
  }
}

/** Nothing at the worktree's own path, or at its git directory's. */
function goneOrNot(failure: Error): Pick<Trouble, "code" | "cure"> {
  const isGone = "errno" in failure && Math.abs(Number(failure.errno)) === ENOENT;
  return isGone ? { code: "WORKTREE_GONE", cure: null } : { cure: null };
}
