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

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

import type { BytePath, WatchDescriptor } from "../base/brands.ts";
import { LatencyHistogram } from "../base/latency-histogram.ts";
import {
  CRAWL_ATTEMPTS_MAX,
  CRAWL_SLICE_MS,
  DEGRADED_RETRY_MS,
  NESTED_REPOSITORIES_MAX,
  QUERY_DEADLINE_MS,
  SCOPE_NEW_DIRECTORIES,
  SHORTAGE_RETRY_MS_MIN,
  STATUS_ASKED_TELL_MS,
} from "../base/limits.ts";
import { duplicateDescriptor } from "../ffi/descriptors.ts";
import type { ErrorCode } from "../base/errors.ts";
import { EADDRINUSE, EMFILE, ENOENT, ENOSPC, ENOTDIR, SystemCallError } from "../ffi/libc.ts";
import { conePath, listingPath } from "../protocol/changed-paths.ts";
import { freshToken, OWN_QUESTION, STATUS_QUESTION } from "../protocol/token.ts";
import { NO_UNKNOWN_ANSWERS, type UnknownReason } from "../protocol/unknown-reason.ts";
import type { WorktreeHealth, WorktreeState } from "../protocol/worktree-health.ts";
import type { ChangeSink, Loss, WatchBackend } from "../watch/backend.ts";
import { ExcludedPaths } from "../watch/excluded-paths.ts";
import { InotifyBackend } from "../watch/inotify-backend.ts";
import type { InotifyPool } from "../watch/inotify-instance.ts";
import { type PlaceWatch, UNLINK_MASK } from "../watch/place-watch.ts";
import type { Answer } from "./answer.ts";
import { AnsweredPathsCounter } from "./answered-paths-counter.ts";
import { describeBlindSpots } from "./blind-spots.ts";
import { standsIn, usesIndexOf } from "./asking-process.ts";
import { GitSocket } from "./git-socket.ts";
import type { Mounts } from "./mounts.ts";
import { CatchUps } from "./catch-up.ts";
import type {
  FromMonitor,
  ScopeMessage,
  SnapshotBeginning,
  SeenDifference,
  SnapshotOrigin,
  SocketLoss,
  WalkResult,
  WorktreeId,
} from "./messages.ts";
import { PrivateFolder } from "./private-folder.ts";
import { PublishedHistory } from "./published-history.ts";
import { ScopeWatch } from "./scope.ts";
import { systemFailureOf } from "./system-failure.ts";
import { type MountObstacle, WorktreeMounts } from "./worktree-mounts.ts";

export type WalkRequest = Pick<
  Extract<FromMonitor, { kind: "walk" }>,
  "attempt" | "root" | "gitDir" | "inotifyFd" | "excluded" | "past"
>;

export interface SessionHost {
  /** Asks for a walker on this tree, who will close the descriptor. */
  walk(request: WalkRequest): void;
  /** Asks for the scope to be found anew. */
  rescope(isUrgent: boolean): void;
  /** Something a person may want to know has changed. */
  stateChanged(): void;
  /** What this walk found is a snapshot of this moment. */
  covered(attempt: number, origin: SnapshotOrigin): void;
  /** Another snapshot is worth a walk. */
  snapshotDue(): void;
  /** git's socket is no longer served, and should be again; see serveSocket(). */
  socketLost(loss: SocketLoss): void;
  /** Something has changed since follow(). */
  moved(): void;
  /** Somebody uses the ready-made status; called now and then. */
  statusAsked(): void;
}

export interface SessionPlace {
  readonly worktreeId: WorktreeId;
  readonly root: string;
  readonly gitDir: string;
  /** For log, cookies and socket; undefined: they are in the git directory. */
  readonly ownFolder: string | undefined;
  /** Whether the control thread has taken the lock of git's socket for us. */
  readonly isSocketLocked: boolean;
  readonly bootId: string;
  readonly scope: ScopeMessage | undefined;
}

interface Trouble {
  readonly code?: ErrorCode;
  readonly reason: string;
  readonly cure: string | null;
}

/** What a path of the history takes, and a watched directory: live objects of the runtime, measured with
 *  200,000 of each, names of usual length included. What the collector has not taken yet comes on top. */
const BYTES_PER_PATH = 155;
const BYTES_PER_DIRECTORY = 255;

export class WorktreeSession implements Disposable {
  readonly place: SessionPlace;
  readonly #host: SessionHost;
  readonly #pool: InotifyPool;
  readonly #places: PlaceWatch;
  readonly #scope: ScopeWatch;
  readonly #excluded: ExcludedPaths;
  readonly #folder: PrivateFolder;
  readonly #history: PublishedHistory;
  readonly #catchUps: CatchUps;
  readonly #sink: ChangeSink;
  readonly #mounts: WorktreeMounts;
  #backend: WatchBackend | undefined;
  #socket: GitSocket | undefined;
  #socketWatch: WatchDescriptor | undefined;
  #hasLeftSocket = false;
  /** Until it is bound for the first time. */
  #isSocketLocked: boolean;
  #state: WorktreeState = "crawling";
  #trouble: Trouble | undefined;
  #loss: Loss | undefined;
  /** Numbers the walks, so that the result of a superseded one is known as such. */
  #attempt = 0;
  /** Who asked for each walk that has not come back. */
  readonly #walks = new Map<number, WatchBackend>();
  #attemptsInARow = 0;
  /** How often descriptors were used up since it was last ready. */
  #shortagesInARow = 0;
  #retryAtMs = Number.POSITIVE_INFINITY;
  #socketRetryAtMs = Number.POSITIVE_INFINITY;
  /** Whether a walker is at work: what is read now is kept for later. */
  #isCovering = false;
  /** What the last back end knew of files held open [W5]: they may go on changing. */
  #heldOpen: Iterable<BytePath> = [];
  /** A walk of which nobody has been told yet that it is a snapshot. */
  #found: { readonly attempt: number; readonly moment: SnapshotOrigin } | undefined;
  /** What an earlier daemon has left was taken over, or was of no use. */
  #hasRecovered = false;
  #hasLostCookies = false;
  readonly #waitingCookies: string[] = [];
  #isSettled = true;
  /** How much had been recorded when somebody last asked to be told of more. */
  #followedFrom = Number.POSITIVE_INFINITY;
  #statusAskedAtMs = Number.NEGATIVE_INFINITY;
  /** When the first of these was seen. */
  #cookieSeenAtMs = 0;
  #turnStartMs = 0;
  #queries = 0;
  readonly #unknownReasons = { ...NO_UNKNOWN_ANSWERS };
  readonly #answeredPaths = new AnsweredPathsCounter();
  readonly #latency = new LatencyHistogram();
  /** Of the back ends before this one. */
  #eventsBefore = 0;
  #eventsNoticed = 0;
  #lastEventAtMs: number | undefined;
  #resyncs = 0;
  #crawlMs: number | null = null;
  #watchMs: number | null = null;

  constructor(
    place: SessionPlace,
    host: SessionHost,
    shared: {
      readonly pool: InotifyPool;
      readonly places: PlaceWatch;
      readonly mounts: Mounts;
    },
  ) {
    this.place = place;
    this.#isSocketLocked = place.isSocketLocked;
    this.#pool = shared.pool;
    this.#places = shared.places;
    this.#mounts = new WorktreeMounts(shared.mounts, place.root);
    this.#scope = new ScopeWatch(place.scope);
    this.#excluded = new ExcludedPaths((place.scope?.excluded ?? []) as BytePath[]);
    this.#host = host;
    this.#folder = new PrivateFolder(place.ownFolder ?? join(place.gitDir, "gity"));
    this.#history = new PublishedHistory(this.#folder.log, place.bootId);
    this.#history.setOwnIndexOnly(this.#excluded.size > 0);
    this.#catchUps = new CatchUps(this.#history, place.gitDir);
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
      this.#mounts.isOutdated ||
      (this.#backend !== undefined &&
        (this.#backend.hasWork || this.#history.recorded > this.#followedFrom))
    );
  }

  /** Whether a walker is at work whose result is still to come. */
  get awaitsWalk(): boolean {
    return this.#walks.size > 0;
  }

  /** When to call `turn` although no descriptor is ready. */
  get retryAtMs(): number {
    return Math.min(this.#retryAtMs, this.#socketRetryAtMs);
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
    this.#found = undefined;
    this.#catchUps.giveUp();
    this.#isSettled = true;
    if (this.#excluded.size > 0 || this.#scope.isRequested) {
      // Nobody was watching while git looked, or since the last event was lost.
      this.#scope.rulesChanged();
    }
    this.#closeBackend();
    this.#mounts.update();
    const obstacle = this.#mounts.obstacle(this.#excluded);
    if (obstacle !== undefined) {
      this.#yieldTo(obstacle, permission);
      return;
    }
    const failure = systemFailureOf(() => {
      // Gone, and its git directory perhaps in the middle of being deleted: nothing is made there.
      statSync(this.place.root);
      if (permission.mayMakeFolder) {
        this.#folder.prepare();
      } else {
        statSync(this.place.gitDir);
      }
      this.#openSocket();
      this.#open();
    });
    if (failure !== undefined) {
      this.#degrade(troubleOf(failure));
      return;
    }
    this.#host.stateChanged();
  }

  #closeBackend(): void {
    this.#eventsBefore = this.#eventsRead;
    this.#heldOpen = this.#backend?.heldOpen ?? this.#heldOpen;
    this.#backend?.[Symbol.dispose]();
    this.#backend = undefined;
  }

  /**
   * Nothing is watched, and that is what log and socket say: a helper that found neither would ask
   * for adoption each time. Not tried again by the clock, because looking at a git directory may
   * block while its server is away; the mounts tell when it is worth it.
   */
  #yieldTo(obstacle: MountObstacle, permission: { readonly mayMakeFolder: boolean }): void {
    if (permission.mayMakeFolder) {
      systemFailureOf(() => {
        this.#folder.prepare();
        this.#openSocket();
      });
    }
    this.#degrade(troubleOfMount(this.place.root, obstacle));
    this.#retryAtMs = Number.POSITIVE_INFINITY;
  }

  #open(): void {
    const { dev, ino } = statSync(this.place.root, { bigint: true });
    const root = { device: dev, inode: ino };
    // The first time there is what an earlier daemon has left.
    const isKnown = this.#hasRecovered ? this.#history.suspend(root) : this.#history.recover(root);
    this.#hasRecovered = true;
    this.#state = isKnown ? "catching-up" : "crawling";
    this.#isCovering = true;
    const backend = new InotifyBackend(this.place.root, this.#sink, {
      pool: this.#pool,
      excluded: this.#excluded,
      mounted: this.#mounts.points(),
      heldOpen: this.#heldOpen,
    });
    this.#backend = backend;
    this.#hasLostCookies =
      systemFailureOf(() => backend.watchCookies(this.#folder.cookies)) !== undefined;
    const inotifyFd = duplicateDescriptor(backend.fd);
    this.#walks.set(this.#attempt, backend);
    this.#host.walk({
      attempt: this.#attempt,
      root: this.place.root,
      gitDir: this.place.gitDir,
      inotifyFd,
      excluded: [...this.#excluded],
      past: isKnown ? this.#history.past : undefined,
    });
  }

  /** Binds git's socket again, after it was lost; `isLocked` when the control thread has its lock. */
  serveSocket(isLocked: boolean): void {
    this.#hasLeftSocket = false;
    this.#trouble = this.#state === "ready" ? undefined : this.#trouble;
    this.#openSocket(isLocked);
    this.#host.stateChanged();
  }

  /** Somebody wants the path: `git fsmonitor--daemon stop`. */
  leaveSocket(): void {
    this.#hasLeftSocket = true;
    this.#closeSocket();
    this.#host.socketLost("quit");
  }

  /** Everything that was known is given up, as git's own daemon does when told to. */
  flush(): Answer {
    this.#history.forget();
    this.#forgetFollower();
    return this.#answer("", { askedAtMs: performance.now(), refusal: "flushed" });
  }

  /**
   * Without a socket the log still answers, though not to tokens whose listings are in doubt; so
   * it is tried again. Why there is none is told in `health`.
   */
  #openSocket(wasLocked = false): void {
    const isLocked = wasLocked || this.#isSocketLocked;
    this.#isSocketLocked = false;
    if (this.#hasLeftSocket || this.#socket?.isInPlace() === true) {
      return;
    }
    // It went with the git directory it was in.
    this.#closeSocket();
    const failure = systemFailureOf(() => {
      const socket = new GitSocket(this.place.ownFolder ?? this.place.gitDir, { isLocked });
      this.#socket = socket;
      this.#watchSocket(socket);
    });
    if (failure !== undefined) {
      const reason = `git's socket cannot be served: ${failure.message}`;
      this.#trouble = { reason, cure: null };
      this.#socketRetryAtMs = performance.now() + DEGRADED_RETRY_MS;
      if (failure instanceof SystemCallError && failure.errno === EADDRINUSE) {
        this.#host.socketLost("taken");
      }
    }
  }

  #retrySocket(): void {
    this.#openSocket();
    if (this.#socket !== undefined && this.#state === "ready") {
      this.#trouble = undefined;
      this.#host.stateChanged();
    }
  }

  /**
   * Runs a step of the session's life. What the system refuses there, and nobody further in knows
   * what to do about (a git directory or a root that may no longer be looked at, EACCES or EIO),
   * ends the answers of this worktree until it is tried again, and of no other.
   */
  #guard(step: () => void): void {
    const failure = systemFailureOf(step);
    if (failure !== undefined) {
      this.#degrade(troubleOf(failure));
    }
  }

  /** Another server takes the path by removing ours. What is in gity's home nobody else touches. */
  #watchSocket(socket: GitSocket): void {
    if (this.place.ownFolder === undefined) {
      this.#socketWatch = this.#places.watch(socket.path, UNLINK_MASK, () => {
        if (this.#socket === socket && !socket.isInPlace()) {
          this.#closeSocket();
          this.#host.socketLost("taken");
        }
      });
    }
  }

  /** The walker is done. Results of walks that were given up meanwhile are ignored. */
  walked(attempt: number, result: WalkResult): void {
    this.#guard(() => {
      this.#walked(attempt, result);
    });
  }

  #walked(attempt: number, result: WalkResult): void {
    this.#forgetFollower();
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
    let moment: SnapshotOrigin;
    if (this.#history.isSuspended) {
      moment = this.#catchUps.apply(result.catchUp);
    } else {
      this.#history.beginAnswers();
      ({ moment } = this.#history);
    }
    this.#found = { attempt, moment };
    backend.cover(result.table);
    this.#isSettled = false;
    this.#isCovering = false;
    this.turn();
  }

  /** Takes in what happened, crawls for a slice, and serves whoever waits for it. */
  turn(): void {
    this.#guard(() => {
      this.#turn();
    });
  }

  #turn(): void {
    this.#followMounts();
    const nowMs = performance.now();
    this.#turnStartMs = nowMs;
    if (nowMs >= this.#retryAtMs) {
      this.#start({ mayMakeFolder: false });
      return;
    }
    if (nowMs >= this.#socketRetryAtMs) {
      this.#retrySocket();
    }
    const backend = this.#backend;
    if (backend === undefined) {
      return;
    }
    backend.drain();
    this.#noticeEvents(nowMs);
    this.#isSettled =
      this.#isCovering || (this.#catchUps.settle(CRAWL_SLICE_MS) && backend.settle(CRAWL_SLICE_MS));
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
    this.#followSnapshots();
    this.#tellFollower();
    if (backend.newDirectories >= SCOPE_NEW_DIRECTORIES && this.#scope.shouldAskForNew()) {
      this.#askForScope(false);
    }
  }

  #askForScope(isUrgent: boolean): void {
    this.#excluded.beginRequest();
    this.#host.rescope(isUrgent);
  }

  /** Mounts come and go without an event in the tree. */
  #followMounts(): void {
    const change = this.#mounts.update();
    if (change === undefined) {
      return;
    }
    const backend = this.#backend;
    if (backend === undefined) {
      // What could not be watched may be another thing by now.
      this.#retryAtMs = performance.now();
    } else if (!this.#isObstructed()) {
      backend.remount(this.#mounts.points(), change.below);
      if (change.isRootConcerned) {
        backend.verifyRoot();
      }
    }
  }

  /** True, and a loss, when a part of the worktree lies where not every change can be seen. */
  #isObstructed(): boolean {
    if (this.#mounts.obstacle(this.#excluded) === undefined) {
      return false;
    }
    // Beginning again finds out what to say of it.
    this.#loss = { kind: "root-replaced", reason: "something was mounted in the worktree" };
    return true;
  }

  /** Whether the tree is still where its path leads: no event tells that a directory above was
   *  renamed. */
  #isInPlace(): boolean {
    this.#backend?.verifyRoot();
    return !this.#recoverFromLoss();
  }

  /** Somebody wants to know how it is: looks at what no event announces. */
  refresh(): void {
    const isLinked = existsSync(join(this.place.root, ".git"));
    if (this.#state === "ready") {
      if (this.#isInPlace() && isLinked && !existsSync(this.#folder.path)) {
        // Another one was made where this one was: nobody deletes a git directory before the worktree it belongs to.
        this.#restoreCookies();
      }
      // Whoever is told a token may keep it.
      this.#history.publish({ mayMakeLog: false });
    } else if (
      this.#state === "degraded" &&
      this.#trouble?.code === "WORKTREE_GONE" &&
      existsSync(this.place.root)
    ) {
      this.#start({ mayMakeFolder: isLinked });
    }
  }

  #becomeReady(): void {
    this.#state = "ready";
    this.#attemptsInARow = 0;
    this.#shortagesInARow = 0;
    this.#trouble = this.#socket === undefined ? this.#trouble : undefined;
    this.#checkScope();
    this.#host.stateChanged();
  }

  /** As answer(), for a process that asks on the socket; see asking-process.ts. */
  answerProcess(since: string, pid: number, askedAtMs = performance.now()): Answer {
    if (since.startsWith(STATUS_QUESTION)) {
      // It says what it is about, and whoever asks may stand anywhere.
      this.#noteStatusAsked(askedAtMs);
      const token = since.slice(STATUS_QUESTION.length);
      return this.#findAnswer(token, { mayMakeLog: false, askedAtMs });
    }
    const isOwn = since.startsWith(OWN_QUESTION);
    if (!this.#isAskedBy(pid) && pid !== process.pid) {
      const reason = this.#state === "ready" ? "other-place" : this.#state;
      const answer: Answer = { kind: "unknown", token: freshToken(), reason };
      return isOwn ? answer : this.#count(answer);
    }
    if (isOwn) {
      // Nothing that somebody wanted to know, and nothing to make files for: the git directory may be in the
      // middle of being deleted.
      return this.#findAnswer(since.slice(OWN_QUESTION.length), { mayMakeLog: false, askedAtMs });
    }
    return this.#catchUps.mayAnswer(since, pid)
      ? this.answer(since, askedAtMs)
      : this.#answer("", { askedAtMs, refusal: "other-index" });
  }

  #noteStatusAsked(nowMs: number): void {
    if (nowMs - this.#statusAskedAtMs >= STATUS_ASKED_TELL_MS) {
      this.#statusAskedAtMs = nowMs;
      this.#host.statusAsked();
    }
  }

  /** See NestedRepositories; undefined when that is not known now, or they are too many to be looked at. */
  nestedRepositories(): readonly BytePath[] | undefined {
    const paths = this.#canAnswer
      ? this.#backend?.nestedRepositories(NESTED_REPOSITORIES_MAX)
      : undefined;
    return paths === undefined || paths.length > NESTED_REPOSITORIES_MAX ? undefined : paths;
  }

  /** A reply to who was accepted then is on its way. */
  replied(acceptedAtMs: number): void {
    this.#latency.record(performance.now() - acceptedAtMs);
  }

  #isAskedBy(pid: number): boolean {
    const { root: path, gitDir } = this.place;
    const id = this.#backend?.rootId;
    return (
      id !== undefined &&
      standsIn({ path, id }, pid) &&
      (this.#excluded.size === 0 || usesIndexOf(gitDir, pid))
    );
  }

  /** [M2] Answers within the deadline, whatever is going on. Those who have asked at the same time have
   *  one deadline, or the last of them would wait for all. */
  answer(since: string, askedAtMs = performance.now()): Answer {
    return this.#answer(since, { askedAtMs });
  }

  /** `refusal` is why somebody else has taken the token away. */
  #answer(
    since: string,
    options: { readonly askedAtMs: number; readonly refusal?: UnknownReason },
  ): Answer {
    const { askedAtMs, refusal } = options;
    if (this.#hasLostCookies) {
      this.#restoreCookies();
    }
    const answer = this.#findAnswer(since, { mayMakeLog: true, askedAtMs });
    return this.#count(
      refusal !== undefined && answer.kind === "unknown" && answer.reason === "no-token"
        ? { ...answer, reason: refusal }
        : answer,
    );
  }

  #count(answer: Answer): Answer {
    this.#queries += 1;
    if (answer.kind === "unknown") {
      this.#unknownReasons[answer.reason] += 1;
    } else {
      this.#answeredPaths.record(answer.paths.length);
    }
    return answer;
  }

  /** As answer(), for a tool: it is no query of git's, and not counted. */
  answerTool(since: string): Answer {
    return this.#findAnswer(since, { mayMakeLog: true, askedAtMs: performance.now() });
  }

  /** As answer(), for who is told by `moved` when there is more: nothing of git's, and not counted. */
  follow(since: string): Answer {
    const answer = this.#findAnswer(since, { mayMakeLog: false, askedAtMs: performance.now() });
    this.#followedFrom = this.#history.recorded;
    return answer;
  }

  unfollow(): void {
    this.#followedFrom = Number.POSITIVE_INFINITY;
  }

  /** His token is worth nothing any more: that is news as well. */
  #forgetFollower(): void {
    if (this.#followedFrom !== Number.POSITIVE_INFINITY) {
      this.#followedFrom = -1;
    }
  }

  /** Once, until he asks again. */
  #tellFollower(): void {
    if (this.#history.recorded > this.#followedFrom) {
      this.#followedFrom = Number.POSITIVE_INFINITY;
      this.#host.moved();
    }
  }

  #findAnswer(
    since: string,
    options: { readonly mayMakeLog: boolean; readonly askedAtMs: number },
  ): Answer {
    const endMs = options.askedAtMs + QUERY_DEADLINE_MS;
    const isLate = (): boolean => performance.now() > endMs;
    // Somebody else may have used up the time.
    while (this.#state === "ready" && (this.#isSettled || !isLate())) {
      this.turn();
      if (this.#isSettled || isLate()) {
        break;
      }
    }
    if (this.#canAnswer) {
      this.#guard(() => {
        if (this.#isInPlace()) {
          this.#prepareAnswer();
        }
      });
    }
    return this.#canAnswer
      ? this.#history.answer(since, () => this.#listings(), options)
      : { kind: "unknown", token: this.#history.unanswerableToken, reason: this.#obstacle };
  }

  /** Why nothing can be answered, when that is so. */
  get #obstacle(): UnknownReason {
    return this.#state === "ready" ? "deadline-passed" : this.#state;
  }

  /** [M2] */
  get #canAnswer(): boolean {
    return this.#state === "ready" && this.#isSettled;
  }

  *#listings(): Generator<BytePath> {
    for (const directory of this.#backend?.directories() ?? []) {
      yield listingPath(directory);
    }
  }

  /** Before every answer: what changes without an event is part of it. False when what was seen so far
   *  no longer counts. */
  #prepareAnswer(): boolean {
    const { recorded } = this.#history;
    this.#backend?.reportLinked();
    if (this.#recoverFromLoss()) {
      return false;
    }
    this.#checkScope();
    // Reported because somebody asks: no news for who would ask again for them.
    this.#followedFrom += this.#history.recorded - recorded;
    return true;
  }

  /** Before every answer: does what is not watched still need no watching? */
  #checkScope(): void {
    const backend = this.#backend;
    if (backend === undefined) {
      return;
    }
    const doubt = this.#scope.doubt(this.#excluded);
    if (doubt === "index") {
      backend.reportExcluded();
    }
    this.#history.setDoubt(doubt === "rules");
    if (this.#scope.shouldAsk(doubt)) {
      this.#askForScope(doubt === "rules");
    }
  }

  /** The control thread has time to ask git about everything. */
  reviewScope(): void {
    if (this.#scope.shouldAskForNew()) {
      this.#askForScope(false);
    }
  }

  /** The control thread has asked git. */
  setScope(scope: ScopeMessage): void {
    this.#scope.accept(scope);
    // What came or went while git looked has told so by now, and is told before its word counts [X1].
    this.#guard(() => {
      this.#backend?.drain();
    });
    const excluded = this.#excluded.trusted(scope.excluded as readonly BytePath[]);
    const isAnyExcluded = excluded.length > 0;
    if (isAnyExcluded) {
      this.#history.setOwnIndexOnly(true);
    }
    if (this.#backend === undefined) {
      this.#excluded.replace(excluded);
    } else {
      this.#backend.exclude(excluded);
      if (excluded.length < scope.excluded.length && this.#scope.shouldAskForNew()) {
        this.#askForScope(false);
      }
      this.#isSettled = false;
      this.#isObstructed();
    }
    this.#history.setOwnIndexOnly(isAnyExcluded);
    this.turn();
  }

  /** [M3] A slow crawl does not keep helpers waiting: they give up the cookie by themselves. */
  #serveCookies(): void {
    if (this.#waitingCookies.length === 0 || !this.#isSettled) {
      return;
    }
    if (this.#state === "ready" && !(this.#isInPlace() && this.#prepareAnswer())) {
      return;
    }
    const count = this.#waitingCookies.length;
    this.#queries += count;
    if (this.#state === "ready") {
      this.#unknownReasons["scope-in-doubt"] += this.#history.isInDoubt ? count : 0;
    } else {
      this.#unknownReasons[this.#state] += count;
    }
    this.#history.publish();
    this.#history.acknowledge(this.#waitingCookies);
    this.#waitingCookies.length = 0;
    this.#latency.record(performance.now() - this.#cookieSeenAtMs, count);
  }

  /** Somebody removed the folder. Should it not come back, helpers ask the socket. */
  #restoreCookies(): void {
    this.#hasLostCookies = false;
    const failure = systemFailureOf(() => {
      this.#folder.prepare();
      this.#backend?.watchCookies(this.#folder.cookies);
    });
    this.#history.publishAnew();
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
    if (isLasting(loss)) {
      this.#degrade(troubleOfLoss(loss));
    } else if (this.#attemptsInARow >= CRAWL_ATTEMPTS_MAX) {
      const reason = `the tree changes faster than it can be crawled: ${loss.reason}`;
      this.#degrade({ reason, cure: "raise it with 'sysctl fs.inotify.max_queued_events=65536'" });
    } else {
      this.#trouble = { reason: loss.reason, cure: null };
      this.#start({ mayMakeFolder: false });
    }
    return true;
  }

  #degrade(trouble: Trouble): void {
    this.#state = "degraded";
    this.#trouble = trouble;
    this.#loss = undefined;
    this.#catchUps.giveUp();
    // Nobody acknowledges them: who waits goes on to the socket.
    this.#waitingCookies.length = 0;
    this.#isSettled = true;
    this.#attemptsInARow = 0;
    this.#closeBackend();
    this.#retryAtMs = performance.now() + this.#retryDelayMs(trouble);
    if (trouble.code === "WORKTREE_GONE") {
      this.#closeSocket();
      this.#history.giveUp();
    } else {
      this.#history.suspend();
    }
    this.#host.stateChanged();
  }

  #retryDelayMs({ code }: Trouble): number {
    if (code !== "INSTANCE_LIMIT_REACHED") {
      return DEGRADED_RETRY_MS;
    }
    const delayMs = SHORTAGE_RETRY_MS_MIN * 2 ** this.#shortagesInARow;
    this.#shortagesInARow += 1;
    return Math.min(delayMs, DEGRADED_RETRY_MS);
  }

  get #eventsRead(): number {
    return this.#eventsBefore + (this.#backend?.eventsRead ?? 0);
  }

  /** Whoever drains a shared instance drains it for all: then it is noticed at the next turn. */
  #noticeEvents(nowMs: number): void {
    if (this.#eventsRead !== this.#eventsNoticed) {
      this.#eventsNoticed = this.#eventsRead;
      this.#lastEventAtMs = nowMs;
    }
  }

  health(crawledDirectories: number): WorktreeHealth {
    const nowMs = performance.now();
    this.#noticeEvents(nowMs);
    const watchedDirectories = this.#backend?.watchedDirectories ?? 0;
    const unknownAnswers = Object.values(this.#unknownReasons).reduce((sum, each) => sum + each, 0);
    return {
      state: this.#state,
      reason: this.#trouble?.reason ?? this.#history.logFailure ?? null,
      cure: this.#trouble?.cure ?? null,
      ...(this.#trouble?.code === undefined ? {} : { code: this.#trouble.code }),
      token: this.#history.token,
      epoch: this.#history.moment.epoch,
      generation: this.#history.generation,
      oldestGeneration: this.#history.oldestGeneration,
      linkedEntries: this.#backend?.linkedEntries ?? 0,
      blindSpots: this.#backend === undefined ? [] : describeBlindSpots(this.#backend),
      watchedDirectories,
      excludedDirectories: this.#excluded.size,
      historyPaths: this.#history.size,
      historyBytes: BYTES_PER_PATH * this.#history.size,
      tableBytes: BYTES_PER_DIRECTORY * watchedDirectories,
      queries: this.#queries,
      unknownAnswers,
      unknownReasons: { ...this.#unknownReasons },
      answeredPaths: this.#answeredPaths.report(),
      latency: this.#latency.report(),
      eventsRead: this.#eventsRead,
      lastEventAgeMs:
        this.#lastEventAtMs === undefined ? null : Math.round(nowMs - this.#lastEventAtMs),
      catchUp: this.#catchUps.health(),
      resyncs: this.#resyncs,
      crawlMs: this.#crawlMs,
      watchMs: this.#watchMs,
      crawledDirectories,
    };
  }

  /**
   * What a walk has seen is in the log before anybody keeps it as a snapshot: should the daemon die in
   * between, it would neither be known nor show as a difference.
   */
  #followSnapshots(): void {
    if (!this.#canAnswer) {
      return;
    }
    const found = this.#found;
    if (found !== undefined) {
      this.#found = undefined;
      this.#history.publish();
      if (this.#history.isOnDisk()) {
        this.#host.covered(found.attempt, found.moment);
      }
    }
    if (this.#catchUps.isSnapshotDue()) {
      this.#host.snapshotDue();
    }
  }

  /** For want of memory. Whoever follows hears of it when he asks with a token that is too old now. */
  shrink(): void {
    this.#history.forgetOlderHalf();
  }

  /** For a walk that only looks; undefined while it could not be relied on. */
  beginSnapshot(forgets: boolean): SnapshotBeginning | undefined {
    this.turn();
    if (!this.#canAnswer) {
      return undefined;
    }
    if (forgets) {
      this.#history.forgetAll();
    }
    this.#history.publish();
    const { oldestGeneration, moment } = this.#history;
    return { origin: moment, oldestGeneration, excluded: [...this.#excluded] };
  }

  /**
   * Such a walk is over. Whether it is a snapshot: everything it may have seen is in the log now, also what
   * no event has told of (a mapping, another name of a file), and would never be told of again.
   */
  endSnapshot({ epoch }: SnapshotOrigin, seen: SeenDifference): boolean {
    this.turn();
    if (!this.#canAnswer || epoch !== this.#history.moment.epoch) {
      return false;
    }
    this.#catchUps.record(seen);
    this.#history.publish();
    return this.#history.isOnDisk();
  }

  /** A snapshot of this moment is on disk. */
  snapshotSaved(origin: SnapshotOrigin): void {
    this.#catchUps.saved(origin);
  }

  /** Stops serving; the log says so to whoever has it open, and stays with the folder: the next daemon
   *  goes on with it. */
  [Symbol.dispose](): void {
    // What happened until now is in the log, then.
    this.#guard(() => this.#backend?.drain());
    this.#backend?.[Symbol.dispose]();
    this.#backend = undefined;
    this.#history.close();
    this.#closeSocket();
  }

  #closeSocket(): void {
    this.#places.unwatch(this.#socketWatch);
    this.#socketWatch = undefined;
    systemFailureOf(() => this.#socket?.[Symbol.dispose]());
    this.#socket = undefined;
    this.#socketRetryAtMs = Number.POSITIVE_INFINITY;
  }

  /** Stops serving, and leaves nothing of ours in the git directory. */
  takeAway(): void {
    this[Symbol.dispose]();
    this.#history.remove();
    systemFailureOf(() => this.#folder.remove());
  }

  #makeSink(): ChangeSink {
    return {
      entryChanged: (path) => this.#history.record(path),
      listingChanged: (directory) => this.#history.record(listingPath(directory)),
      coneChanged: (directory: BytePath) => this.#history.record(conePath(directory)),
      everythingChanged: () => {
        this.#history.forgetAll();
        this.#forgetFollower();
      },
      ignoreRulesChanged: () => {
        this.#scope.rulesChanged();
      },
      cookieSeen: (name) => {
        if (this.#waitingCookies.length === 0) {
          this.#cookieSeenAtMs = this.#turnStartMs;
        }
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

/** Whether watching the same tree again would end in the same way. */
function isLasting({ kind }: Loss): boolean {
  return (
    kind === "watch-limit" ||
    kind === "too-many-links" ||
    kind === "root-gone" ||
    kind === "unwatchable"
  );
}

function troubleOfLoss(loss: Loss): Trouble {
  switch (loss.kind) {
    case "watch-limit":
      return WATCH_LIMIT;
    case "too-many-links":
      return { reason: loss.reason, cure: "copy them instead ('cp -a' for 'cp -al')" };
    case "root-gone":
      return { code: "WORKTREE_GONE", reason: loss.reason, cure: null };
    case "unwatchable":
      return {
        code: "UNSUPPORTED_FILE_SYSTEM",
        reason: loss.reason,
        cure: "unmount one of them, or let git ignore it",
      };
    default:
      return { reason: loss.reason, cure: null };
  }
}

function troubleOfMount(root: string, { type, path }: MountObstacle): Trouble {
  const place = path === "" ? root : `${root}/${Buffer.from(path, "latin1").toString()}`;
  return {
    code: "UNSUPPORTED_FILE_SYSTEM",
    reason: `cannot watch '${place}': not every change on ${type} can be seen from here`,
    cure:
      path === ""
        ? "keep the worktree on a local file system"
        : "unmount it, mount it elsewhere, or let git ignore it",
  };
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
  const code = "errno" in failure ? Math.abs(Number(failure.errno)) : 0;
  const isGone = code === ENOENT || code === ENOTDIR;
  return isGone ? { code: "WORKTREE_GONE", cure: null } : { cure: null };
}
