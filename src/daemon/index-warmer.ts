/**
 * Brings the index of a worktree up to date when it lags: when git would have to look at every file, or at very many,
 * and would not remember it. A git without the monitor, JGit and libgit2 take out of an index what git asks its
 * monitor with, and a tool that never writes the index never gets anywhere with what is in it.
 *
 * How that is done without being in anybody's way is said in placer/place-index.ts; here is when, and how often.
 *
 * Must never: be needed. What is left undone, git does when it is asked.
 */

import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";

import { GityError } from "../base/errors.ts";
import {
  WARMER_LOOK_MS,
  WARMER_PATHS_MIN,
  WARMER_READY_MS,
  WARMER_REST_FACTOR,
  WARMER_REST_MS_MAX,
  WARMER_REST_MS_MIN,
  WARMER_SETTLE_MS,
} from "../base/limits.ts";
import { orUndefined } from "../base/or-undefined.ts";
import { copyIndex, leftoverCopies } from "../git/index-copy.ts";
import { type IndexExtensions, readIndexExtensions } from "../git/index-extensions.ts";
import { placeIndexCopy, recoverIndexCopy } from "../git/index-placer.ts";
import { readSettings } from "../git/repository-settings.ts";
import { INDEX_WARMER_KEY } from "../git/user-setting.ts";
import { machineIsBusy } from "../jobs/pressure.ts";
import type { PlacingResult } from "../protocol/index-placing.ts";
import { parseToken } from "../protocol/token.ts";
import type { WorktreeState } from "../protocol/worktree-health.ts";
import type { FollowableWorktree } from "./follower.ts";
import type { Log } from "./log-file.ts";
import type { MonitorThread } from "./monitor-thread.ts";
import { SerialQueue } from "./serial-queue.ts";

export interface WarmableWorktree extends FollowableWorktree {
  readonly gitDir: string;
}

export interface IndexWarmerOptions {
  /** Undefined unless it is covered, and registered. */
  readonly find: (worktreeId: number) => WarmableWorktree | undefined;
  readonly monitor: Pick<MonitorThread, "changes" | "health">;
  /** What runs gity. */
  readonly executable: readonly string[];
  /** Why work that nobody waits for is to wait, in words. */
  readonly pausedBecause: () => string | undefined;
  readonly log: Log;
  /** For tests. */
  readonly times?: Partial<WarmerTimes>;
}

interface WarmerTimes {
  readonly settleMs: number;
  readonly readyMs: number;
  readonly lookMs: number;
  readonly restMs: number;
}

/** How often it came to what; see PlacingResult. `unprepared`: git did not bring the copy up to date. */
export type WarmingOutcome = PlacingResult["outcome"] | "unprepared";

/** `gity.indexWarmer`, and what git makes of an index. */
const SETTINGS = `^(${INDEX_WARMER_KEY.toLowerCase()}|core\\.(untrackedcache|splitindex))$`;

export class IndexWarmer implements AsyncDisposable {
  readonly #options: IndexWarmerOptions;
  readonly #times: WarmerTimes;
  readonly #worktrees = new Map<number, Warmed>();
  readonly #counts = new Map<WarmingOutcome, number>();
  /** One at a time: each looks at a whole tree. */
  readonly #queue = new SerialQueue();
  readonly #end = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(options: IndexWarmerOptions) {
    this.#options = options;
    this.#times = {
      settleMs: WARMER_SETTLE_MS,
      readyMs: WARMER_READY_MS,
      lookMs: WARMER_LOOK_MS,
      restMs: WARMER_REST_MS_MIN,
      ...options.times,
    };
    this.#timer = setInterval(() => {
      for (const id of this.#worktrees.keys()) {
        void this.#look(id);
      }
    }, this.#times.lookMs);
    this.#timer.unref();
  }

  /** Since the daemon's start. */
  get counts(): ReadonlyMap<WarmingOutcome, number> {
    return this.#counts;
  }

  /** Ends what is at work, and clears up behind it. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#end.abort();
    for (const id of this.#worktrees.keys()) {
      this.closed(id);
    }
    await this.#queue.drained();
  }

  stateChanged(worktreeId: number, state: WorktreeState): void {
    if (state === "ready" && !this.#end.signal.aborted) {
      // An earlier daemon may have been killed, and git waits for nobody.
      void this.#recover(worktreeId);
      this.#lookIn(worktreeId, this.#times.readyMs);
    }
  }

  closed(worktreeId: number): void {
    clearTimeout(this.#worktrees.get(worktreeId)?.timer);
    this.#worktrees.delete(worktreeId);
  }

  /** Somebody has written it, and may do so again. */
  indexMoved(worktreeId: number): void {
    const warmed = this.#worktrees.get(worktreeId);
    if (warmed !== undefined) {
      warmed.hasMoved = true;
      this.#lookIn(worktreeId, this.#times.settleMs);
    }
  }

  #lookIn(worktreeId: number, delayMs: number): void {
    const warmed = this.#worktrees.get(worktreeId) ?? new Warmed();
    this.#worktrees.set(worktreeId, warmed);
    clearTimeout(warmed.timer);
    warmed.timer = setTimeout(() => void this.#look(worktreeId), delayMs);
  }

  /** Never rejects: what cannot be done now is left undone. */
  async #look(worktreeId: number): Promise<void> {
    const warmed = this.#worktrees.get(worktreeId);
    if (warmed === undefined) {
      return;
    }
    if (warmed.isAtWork) {
      warmed.mustLookAgain = true;
      return;
    }
    warmed.isAtWork = true;
    try {
      await this.#lookAt(worktreeId, warmed);
    } catch (error) {
      if (!isExpected(error)) {
        throw error;
      }
      this.#options.log.write("debug", "cannot look at an index", { reason: error.message });
    } finally {
      warmed.isAtWork = false;
    }
    if (warmed.mustLookAgain && this.#worktrees.get(worktreeId) === warmed) {
      warmed.mustLookAgain = false;
      this.#lookIn(worktreeId, this.#times.settleMs);
    }
  }

  async #lookAt(worktreeId: number, warmed: Warmed): Promise<void> {
    const worktree = this.#options.find(worktreeId);
    if (worktree === undefined || this.#options.pausedBecause() !== undefined) {
      return;
    }
    const delayMs = this.#delayOf(warmed, worktree);
    if (delayMs > 0) {
      this.#lookIn(worktreeId, delayMs);
      return;
    }
    // What somebody has just worked with is worth it at any time.
    if (!warmed.hasMoved && machineIsBusy() !== undefined) {
      return;
    }
    const lag = await this.#lagOf(worktree, warmed);
    if (lag === undefined) {
      warmed.markWell();
    } else {
      await this.#queue.run(() => this.#warm(worktreeId, warmed, lag));
    }
  }

  /** Until nobody has written it for a moment, and until it is this one's turn again. */
  #delayOf(warmed: Warmed, { gitDir }: WarmableWorktree): number {
    const stat = lstatSync(join(gitDir, "index"), { throwIfNoEntry: false });
    const ageMs = stat === undefined ? Infinity : Date.now() - Math.max(stat.mtimeMs, stat.ctimeMs);
    // A time in the future is another clock's; or this one's, which has no fractions.
    const settleMs = this.#times.settleMs - Math.abs(ageMs);
    return Math.max(settleMs, warmed.restsUntilMs - performance.now());
  }

  /** What git would have to do, in words; undefined when it is little, or not for us to change. */
  async #lagOf(worktree: WarmableWorktree, warmed: Warmed): Promise<string | undefined> {
    const { id, gitDir } = worktree;
    const path = join(gitDir, "index");
    if (
      existsSync(`${path}.lock`) ||
      !isFolder(join(gitDir, "gity")) ||
      !lstatSync(path, { throwIfNoEntry: false })?.isFile()
    ) {
      return undefined;
    }
    const extensions = await warmed.extensionsOf(path);
    if (extensions === undefined || extensions.names.includes("link")) {
      return undefined;
    }
    const hasUntracked = extensions.names.includes("UNTR");
    const lag = await this.#tokenLag(id, extensions.token);
    if (lag === undefined && hasUntracked) {
      return undefined;
    }
    const settings = await readSettings(gitDir, SETTINGS);
    const isWanted =
      settings.boolean(INDEX_WARMER_KEY, true) && !settings.boolean("core.splitIndex", false);
    const isUntrackedMissing = !hasUntracked && settings.boolean("core.untrackedCache", false);
    return isWanted ? (lag ?? (isUntrackedMissing ? "no untracked cache" : undefined)) : undefined;
  }

  /** What the monitor would say to git, if that is a lot. It is asked for that only where it may be: so many paths are
   *  some milliseconds of its time. */
  async #tokenLag(worktreeId: number, text: string | undefined): Promise<string | undefined> {
    const { monitor } = this.#options;
    const health = await monitor.health(worktreeId);
    if (health?.state !== "ready") {
      return undefined;
    }
    const token = parseToken(text ?? "");
    if (token === undefined) {
      return text === undefined ? "no token" : "another's token";
    }
    const { epoch, generation, oldestGeneration, historyPaths, watchedDirectories } = health;
    if (token.epoch !== epoch || token.generation < oldestGeneration) {
      return "a token that is answered with '/'";
    }
    if (token.areListingsInDoubt && watchedDirectories > WARMER_PATHS_MIN) {
      return "a token that is answered with every directory";
    }
    if (token.generation === generation || historyPaths <= WARMER_PATHS_MIN) {
      return undefined;
    }
    const count = (await monitor.changes(worktreeId, text ?? ""))?.paths?.length ?? 0;
    return count > WARMER_PATHS_MIN ? `a token that is answered with ${count} paths` : undefined;
  }

  async #warm(worktreeId: number, warmed: Warmed, lag: string): Promise<void> {
    const worktree = this.#options.find(worktreeId);
    if (worktree === undefined || this.#end.signal.aborted) {
      return;
    }
    const { root } = worktree;
    const startedAtMs = performance.now();
    const { outcome, detail } = await this.#copyAndPlace(worktree);
    const tookMs = Math.round(performance.now() - startedAtMs);
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
    warmed.rest(Math.max(this.#times.restMs, WARMER_REST_FACTOR * tookMs));
    if (outcome === "placed") {
      warmed.hasMoved = false;
      this.#options.log.write("info", "an index was brought up to date", { root, lag, tookMs });
    } else {
      this.#logRefusal(warmed, root, { outcome, detail });
      this.#lookIn(worktreeId, warmed.restsUntilMs - performance.now());
    }
  }

  /** Once for people: what is refused is refused again. */
  #logRefusal(warmed: Warmed, root: string, { outcome, detail }: Ending): void {
    const isNews = outcome === "refused" && !warmed.isRefusalTold;
    warmed.isRefusalTold ||= isNews;
    this.#options.log.write(isNews ? "info" : "debug", "an index was not brought up to date", {
      root,
      outcome,
      reason: detail,
    });
  }

  async #copyAndPlace(worktree: WarmableWorktree): Promise<Ending> {
    const { id, root, gitDir, commonDir } = worktree;
    const { monitor, executable } = this.#options;
    const { signal } = this.#end;
    try {
      const epoch = (await monitor.health(id))?.epoch;
      using copy = await copyIndex(worktree, {
        isUseful: (token) => token.epoch === epoch,
        signal,
      });
      if (copy === undefined) {
        return { outcome: "unprepared", detail: "git has not stored what to ask with" };
      }
      // It may have been unregistered meanwhile.
      if (this.#options.find(id) === undefined || signal.aborted) {
        return { outcome: "unprepared", detail: "it is not watched any more" };
      }
      const request = { gitDir, commonDir, root, copy: copy.path, identity: copy.identity };
      return await placeIndexCopy(executable, request, signal);
    } catch (error) {
      if (!isExpected(error)) {
        throw error;
      }
      return { outcome: "unprepared", detail: error.message };
    }
  }

  /** What an earlier daemon's process has left. */
  async #recover(worktreeId: number): Promise<void> {
    const worktree = this.#options.find(worktreeId);
    if (worktree === undefined) {
      return;
    }
    const { root, gitDir } = worktree;
    for (const copy of orUndefined(() => leftoverCopies(gitDir)) ?? []) {
      // oxlint-disable-next-line no-await-in-loop -- There is one at most.
      const { detail } = await recoverIndexCopy(this.#options.executable, { gitDir, copy });
      this.#options.log.write("info", "cleared up behind a killed daemon", { root, detail });
    }
  }
}

interface Ending {
  readonly outcome: WarmingOutcome;
  readonly detail: string;
}

/** What is known of one worktree's index. */
class Warmed {
  timer: ReturnType<typeof setTimeout> | undefined;
  isAtWork = false;
  mustLookAgain = false;
  /** Somebody has written it since it was last found to be well. */
  hasMoved = false;
  isRefusalTold = false;
  /** By performance.now(). */
  restsUntilMs = 0;
  /** Since it was last well. */
  #attempts = 0;
  #identity = "";
  #extensions: IndexExtensions | undefined;

  /** Read once for each index there is. */
  async extensionsOf(path: string): Promise<IndexExtensions | undefined> {
    const { ino, size, mtimeMs, ctimeMs } = lstatSync(path);
    const identity = [ino, size, mtimeMs, ctimeMs].join(":");
    if (identity !== this.#identity) {
      this.#extensions = await readIndexExtensions(path);
      this.#identity = identity;
    }
    return this.#extensions;
  }

  /** It does not lag. */
  markWell(): void {
    this.hasMoved = false;
    this.#attempts = 0;
  }

  /** Longer after each attempt that has left it lagging; one that was placed may lag as before. */
  rest(durationMs: number): void {
    const longerMs = durationMs * 2 ** this.#attempts;
    this.#attempts += 1;
    this.restsUntilMs = performance.now() + Math.min(longerMs, WARMER_REST_MS_MAX);
  }
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** git, the monitor or the system say no. */
function isExpected(error: unknown): error is Error {
  return error instanceof GityError || (error instanceof Error && "code" in error);
}
