/**
 * The history of one worktree together with the log that helpers read it from.
 *
 * Owns: the epoch, the history and the log file. A log that cannot be written (full disk) is taken
 * away, so that helpers ask the socket, and is tried again later; the history does not suffer.
 */

import type { BytePath, Epoch, Generation } from "../base/brands.ts";
import { LOG_BYTES_MIN_BEFORE_ROTATION, LOG_RETRY_MS } from "../base/limits.ts";
import {
  type LogState,
  type RootIdentity,
  STATE_ANSWERS,
  STATE_ANSWERS_OWN_INDEX,
  STATE_UNKNOWN,
} from "../log/layout.ts";
import { type RecoveredLog, recoverLog } from "../log/recover.ts";
import { type LogBatch, type LogClaim, type LogOrigin, LogWriter } from "../log/writer.ts";
import {
  formatToken,
  GENERATION_NONE,
  isFirstQuestion,
  parseToken,
  randomEpoch,
  type Token,
} from "../protocol/token.ts";
import type { UnknownReason } from "../protocol/unknown-reason.ts";
import { type Answer, encodePaths } from "./answer.ts";
import { History, type SealedGeneration } from "./history.ts";
import { systemFailureOf } from "./system-failure.ts";

/** The log is rewritten when it has grown to this many times what it began with. */
const LOG_GROWTH = 4;

export class PublishedHistory {
  readonly #logPath: string;
  #origin: LogOrigin;
  #epoch: Epoch = randomEpoch();
  /** Undefined while nothing can be answered. */
  #history: History | undefined;
  #log: LogWriter | undefined;
  #isInDoubt = false;
  /** What is known holds up to some moment in the past: see suspend(). */
  #isSuspended = false;
  /** Tokens from before are answered to some only: see setOldestDirect(). */
  #oldestDirect = GENERATION_NONE;
  /** Paths that were sealed so far. */
  #sealed = 0;
  /** The generation in the log's header. */
  #loggedGeneration = GENERATION_NONE;
  #isForOwnIndexOnly = false;
  #rotateAtBytes = LOG_BYTES_MIN_BEFORE_ROTATION;
  #logFailedAtMs = Number.NEGATIVE_INFINITY;
  /** Why there is no log, for people. */
  logFailure: string | undefined;

  constructor(logPath: string, bootId: string) {
    this.#logPath = logPath;
    this.#origin = { bootId, root: { device: 0n, inode: 0n } };
  }

  get generation(): Generation {
    return this.#history?.generation ?? GENERATION_NONE;
  }

  get oldestGeneration(): Generation {
    return this.#history?.oldestGeneration ?? GENERATION_NONE;
  }

  get size(): number {
    return this.#history?.size ?? 0;
  }

  /** For who asks next: of a tool, which has no untracked cache. */
  get token(): string {
    return this.#token(this.generation, false);
  }

  /** A token for an answer that promises nothing. */
  get unanswerableToken(): string {
    return this.#token(GENERATION_NONE, true);
  }

  #token(generation: Generation, areListingsInDoubt: boolean): string {
    return formatToken({ epoch: this.#epoch, generation, areListingsInDoubt });
  }

  record(path: BytePath): void {
    this.#history?.record(path);
  }

  /** Anything may have changed: what was known is given up, and the epoch goes on. */
  forgetAll(): void {
    this.#history?.forgetAll();
  }

  /** For want of memory: tokens from before the middle of what is held are answered with "/". */
  forgetOlderHalf(): void {
    this.#history?.forgetOlderHalf();
    // Nobody has asked, so no file is made. Readers of the log would still find all of it there; they are
    // told the same as others.
    this.publish({ mayMakeLog: false });
    this.#guardLog(() => this.#log?.publish(this.#claim(), undefined));
  }

  /** Nothing can be answered from now on; what was known is given up, and the epoch with it.
   *  `root` is what will be watched, where that is known. */
  beginUnknown(root?: RootIdentity): void {
    if (root !== undefined) {
      this.#origin = { ...this.#origin, root };
    }
    this.#beginEpoch(undefined);
    this.#replaceLog();
  }

  #beginEpoch(history: History | undefined): void {
    this.#epoch = randomEpoch();
    this.#history = history;
    this.#isInDoubt = false;
    this.#isSuspended = false;
    this.#oldestDirect = GENERATION_NONE;
  }

  /**
   * Nothing can be answered from now on, because nobody knows what happens, until resume(); what is
   * known of the past is kept, and the epoch with it. False when nothing is known, or not of this root:
   * then it is as after beginUnknown().
   */
  suspend(root: RootIdentity = this.#origin.root): boolean {
    const { device, inode } = this.#origin.root;
    if (this.#history === undefined || device !== root.device || inode !== root.inode) {
      this.beginUnknown(root);
      return false;
    }
    this.#isInDoubt = false;
    this.#isSuspended = true;
    if (this.#log === undefined) {
      this.#replaceLog();
    } else {
      this.#announce();
    }
    return true;
  }

  /** As suspend(), with what the log says that an earlier daemon has left, if it can be relied on. */
  recover(root: RootIdentity): boolean {
    this.#origin = { ...this.#origin, root };
    let recovered: RecoveredLog | undefined;
    systemFailureOf(() => {
      recovered = recoverLog(this.#logPath, this.#origin);
    });
    if (recovered === undefined) {
      this.beginUnknown();
      return false;
    }
    using log = recovered;
    this.#epoch = log.epoch;
    this.#history = History.restore(log);
    this.#oldestDirect = log.oldestDirectGeneration;
    this.#isSuspended = true;
    this.#replaceLog();
    return true;
  }

  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  /** Everything that happens from now on is recorded; what happened meanwhile the caller records. */
  resume(): void {
    this.#isSuspended = false;
    this.#announce();
  }

  /** Paths recorded after `since`; undefined when that is no longer known. */
  changesSince(since: Generation): readonly BytePath[] | undefined {
    this.publish();
    return this.#history?.changesSince(since);
  }

  /** Of what happens from now on nothing belongs to it, if all before was published. */
  get moment(): { readonly epoch: Epoch; readonly generation: Generation } {
    return { epoch: this.#epoch, generation: this.generation };
  }

  /** The moments since which all changes are known. */
  get past(): {
    readonly epoch: Epoch;
    readonly oldestGeneration: Generation;
    readonly generation: Generation;
  } {
    return { ...this.moment, oldestGeneration: this.oldestGeneration };
  }

  /** How many paths were recorded so far, some of them again and again. */
  get recorded(): number {
    return this.#sealed + (this.#history?.openCount ?? 0);
  }

  get oldestDirectGeneration(): Generation {
    return this.#oldestDirect;
  }

  /**
   * Tokens of earlier generations than `generation` are from now on answered by answer() only, where the
   * caller has made certain of who asks; readers of the log are sent to the socket with them.
   */
  setOldestDirect(generation: Generation): void {
    this.#oldestDirect = generation;
    this.#announce();
  }

  /** As suspend(), and without a log until somebody asks: the folder it is in may be in the middle of
   *  being deleted, which a new file would make fail. */
  giveUp(): void {
    this.#isInDoubt = false;
    this.#isSuspended = this.#history !== undefined;
    this.remove();
    this.#logFailedAtMs = performance.now();
  }

  /** Everything that happens from now on is recorded, and nothing else is known. */
  beginAnswers(): void {
    if (this.#history !== undefined) {
      // Its generations were given out.
      this.#beginEpoch(undefined);
    }
    this.#history = new History((GENERATION_NONE + 1) as Generation);
    this.#replaceLog();
  }

  /** Older tokens are no longer answered; what happens from now on is recorded as before. */
  forget(): void {
    if (this.#history !== undefined && !this.#isSuspended) {
      this.beginAnswers();
    }
  }

  /**
   * While in doubt everything is recorded and nothing is told: the answer is "/", but with a token
   * that can be answered once the doubt is over.
   */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  setDoubt(isInDoubt: boolean): void {
    if (this.#isInDoubt !== isInDoubt) {
      this.#isInDoubt = isInDoubt;
      this.#announce();
    }
  }

  /**
   * Whether directories are left unwatched because the worktree's own index tracks nothing in them.
   * Helpers asked on behalf of another index then answer "/". To be set before the first directory
   * goes unwatched, and taken back after the last one is watched again.
   */
  setOwnIndexOnly(isForOwnIndexOnly: boolean): void {
    if (this.#isForOwnIndexOnly !== isForOwnIndexOnly) {
      this.#isForOwnIndexOnly = isForOwnIndexOnly;
      this.#announce();
    }
  }

  /** Writes a header that says what holds now, and before it what it is about. */
  #announce(): void {
    if (this.#log !== undefined) {
      this.publish();
      this.#guardLog(() => this.#log?.publish(this.#claim(), undefined));
    }
  }

  /**
   * Closes the open generation and publishes it. Asking twice changes nothing. Without `mayMakeLog` no
   * file is made, whatever the old one has become.
   */
  publish({ mayMakeLog = true }: { readonly mayMakeLog?: boolean } = {}): void {
    const sealed = this.#history?.seal();
    this.#sealed += sealed?.paths.length ?? 0;
    const log = this.#log;
    if (log === undefined) {
      if (mayMakeLog && performance.now() > this.#logFailedAtMs + LOG_RETRY_MS) {
        this.#replaceLog();
      }
    } else if (mayMakeLog && !this.#mayGoOn(log)) {
      this.#replaceLog();
    } else if (this.generation !== this.#loggedGeneration) {
      // Without a batch it is that the history was given up, which readers must learn, too.
      const batch = sealed === undefined ? undefined : toBatch(sealed);
      this.#guardLog(() => {
        log.publish(this.#claim(), batch);
        this.#loggedGeneration = this.generation;
      });
    }
  }

  /** The folder of the log was made just now: whatever kept it from being written is over. */
  publishAnew(): void {
    this.#logFailedAtMs = Number.NEGATIVE_INFINITY;
    this.publish();
  }

  /** Whether all that was sealed is in the log, for whoever goes on with it. */
  isOnDisk(): boolean {
    return this.#log?.isInPlace() === true && this.#loggedGeneration === this.generation;
  }

  /** In doubt a new log is begun. */
  #mayGoOn(log: LogWriter): boolean {
    let isInPlace = false;
    systemFailureOf(() => {
      isInPlace = log.isInPlace();
    });
    return isInPlace && log.bytes <= this.#rotateAtBytes;
  }

  /**
   * Published first, or the question would be about a moment that is still open.
   *
   * `listings` names every directory, for a token whose listings are in doubt.
   */
  answer(
    since: string,
    listings: () => Iterable<BytePath>,
    options: { readonly mayMakeLog?: boolean } = {},
  ): Answer {
    this.publish(options);
    const token = parseToken(since);
    const isOurs = token?.epoch === this.#epoch && !this.#isInDoubt && !this.#isSuspended;
    const paths = isOurs ? this.#history?.changesSince(token.generation) : undefined;
    if (token === undefined || paths === undefined) {
      const reason = token === undefined ? reasonWithoutToken(since) : this.#reasonAgainst(token);
      return { kind: "unknown", token: this.#token(this.generation, true), reason };
    }
    const all = token.areListingsInDoubt ? [...new Set([...paths, ...listings()])] : paths;
    return { kind: "changed", token: this.token, paths: all };
  }

  /** Why a token of gity's is not answered. */
  #reasonAgainst({ epoch, generation }: Token): UnknownReason {
    if (epoch !== this.#epoch) {
      return "foreign-epoch";
    }
    if (this.#history === undefined) {
      return "crawling";
    }
    if (this.#isSuspended) {
      return "catching-up";
    }
    if (generation === GENERATION_NONE) {
      return "unanswerable-token";
    }
    if (generation < this.oldestGeneration) {
      return "too-old";
    }
    return this.#isInDoubt ? "scope-in-doubt" : "token-ahead";
  }

  acknowledge(cookies: readonly string[]): void {
    // Whoever waits for these reads the log next, and takes it for the truth.
    if (this.#log?.isIntact() === false) {
      this.#replaceLog();
    }
    this.#guardLog(() => {
      for (const cookie of cookies) {
        this.#log?.acknowledge(cookie);
      }
    });
  }

  /** Readers learn that nobody writes this log any more. It stays, for whoever goes on with it. */
  close(): void {
    this.publish();
    this.#guardLog(() => {
      this.#log?.retire(this.#claim());
      this.#log?.[Symbol.dispose]();
    });
    this.#log = undefined;
  }

  /** As close(), and nothing stays. */
  remove(): void {
    this.#guardLog(() => {
      this.#log?.remove(this.#claim());
      this.#log?.[Symbol.dispose]();
    });
    this.#log = undefined;
  }

  #claim(): LogClaim {
    return {
      state: this.#state,
      epoch: this.#epoch,
      generation: this.generation,
      oldestGeneration: this.oldestGeneration,
      oldestDirectGeneration: this.#oldestDirect,
    };
  }

  get #state(): LogState {
    if (this.#history === undefined || this.#isInDoubt || this.#isSuspended) {
      return STATE_UNKNOWN;
    }
    return this.#isForOwnIndexOnly ? STATE_ANSWERS_OWN_INDEX : STATE_ANSWERS;
  }

  /** A new file in the place of the old one, with all that is still held. */
  #replaceLog(): void {
    const old = this.#log;
    this.#log = undefined;
    this.#guardLog(() => {
      const batches = [...(this.#history?.generations() ?? [])].map(toBatch);
      const start = { origin: this.#origin, claim: this.#claim(), batches };
      this.#log = new LogWriter(this.#logPath, start);
      this.#loggedGeneration = this.generation;
      this.#rotateAtBytes = Math.max(LOG_BYTES_MIN_BEFORE_ROTATION, LOG_GROWTH * this.#log.bytes);
      this.logFailure = undefined;
    });
    if (this.#log === undefined) {
      // What was not written anywhere is not in the old one either.
      this.#takeAway(old);
      return;
    }
    // Readers of the old one that cannot be told wait for a cookie that nobody acknowledges, and
    // go on to the socket. The new one is none the worse.
    systemFailureOf(() => old?.retire(this.#claim()));
    old?.[Symbol.dispose]();
  }

  /** A log that could not be written says less than it should: away with it. */
  #guardLog(write: () => void): void {
    const failure = systemFailureOf(write);
    if (failure === undefined) {
      return;
    }
    this.logFailure = `the log cannot be written: ${failure.message}`;
    this.#logFailedAtMs = performance.now();
    const broken = this.#log;
    this.#log = undefined;
    this.#takeAway(broken);
  }

  /** If that cannot be done, nobody acknowledges its readers' cookies: they go on to the socket. But a
   *  later daemon would take it for the newest word of this epoch. */
  #takeAway(log: LogWriter | undefined): void {
    const isLeft = systemFailureOf(() => log?.remove(this.#claim())) !== undefined;
    log?.[Symbol.dispose]();
    if (isLeft) {
      this.#beginEpoch(
        this.#history === undefined ? undefined : new History((GENERATION_NONE + 1) as Generation),
      );
    }
  }
}

function reasonWithoutToken(since: string): UnknownReason {
  return isFirstQuestion(since) ? "no-token" : "foreign-token";
}

function toBatch(sealed: SealedGeneration): LogBatch {
  const { generation, paths } = sealed;
  return { generation, paths: encodePaths(paths), pathCount: paths.length };
}
