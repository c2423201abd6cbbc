/**
 * Has what worktrees share mirrored into one that somebody adds, where the repository wants it (gity.shareAuto).
 *
 * A worktree counts as added when git made it since this daemon serves its repository: `commondir` in its git directory
 * is written then, and never again. One that was there before, when the daemon started or when the repository was
 * registered, is as its owner has left it: what is missing there may be missing on purpose. For the same reason each is
 * filled once.
 *
 * It waits until git has checked out, which decides what belongs in the directories: git writes the index last, and holds
 * its lock until then.
 *
 * Must never: be needed. What is left undone, `gity share pull` does.
 */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

import { GityError } from "../base/errors.ts";
import {
  NEW_WORKTREE_CLOCK_MS,
  NEW_WORKTREE_LOOK_MS_MAX,
  NEW_WORKTREE_LOOK_MS_MIN,
} from "../base/limits.ts";
import { orUndefined } from "../base/or-undefined.ts";
import { readSettings } from "../git/repository-settings.ts";
import { SHARE_AUTO_KEY } from "../git/user-setting.ts";
import type { PullReport } from "../protocol/share.ts";
import type { WorktreeHealth } from "../protocol/worktree-health.ts";
import type { Log } from "./log-file.ts";
import { SerialQueue } from "./serial-queue.ts";
import { runSharePull } from "./share-process.ts";

/** One that a registered repository did not have before, or that was made again. */
export interface AddedWorktree {
  readonly id: number;
  readonly root: string;
  readonly gitDir: string;
  readonly commonDir: string;
  /** Of its repository. */
  readonly registeredAtMs: number;
}

export interface AutoShareOptions {
  /** What runs gity. */
  readonly executable: readonly string[];
  /** Why work that nobody waits for is to wait, in words. */
  readonly pausedBecause: () => string | undefined;
  readonly log: Log;
}

interface Filling {
  readonly ending: AbortController;
  readonly done: Promise<unknown>;
}

const SETTING = `^${SHARE_AUTO_KEY.toLowerCase().replace(".", String.raw`\.`)}$`;

/** Of the time since git made it. */
const LOOK_SHARE = 1 / 4;

export class AutoShare implements AsyncDisposable {
  readonly #options: AutoShareOptions;
  readonly #startedAtMs = Date.now();
  /** By worktree. */
  readonly #fillings = new Map<number, Filling>();
  /** When they were made, by git directory: one that is moved is not filled again. */
  readonly #filled = new Map<string, number>();
  /** One at a time: they would only wait for the same disk. */
  readonly #queue = new SerialQueue();
  #isPulling = false;

  constructor(options: AutoShareOptions) {
    this.#options = options;
  }

  /** A mirror is being made just now. */
  get isBusy(): boolean {
    return this.#isPulling;
  }

  /** Ends what is at work, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    const fillings = [...this.#fillings.values()];
    for (const { ending } of fillings) {
      ending.abort();
    }
    await Promise.all(fillings.map(async ({ done }) => done));
  }

  added(worktree: AddedWorktree): void {
    const madeAtMs = madeAt(worktree.gitDir);
    const sinceMs = Math.max(this.#startedAtMs, worktree.registeredAtMs) - NEW_WORKTREE_CLOCK_MS;
    if (
      madeAtMs === undefined ||
      madeAtMs < sinceMs ||
      this.#filled.get(worktree.gitDir) === madeAtMs
    ) {
      return;
    }
    // It was removed, and made again before anybody saw.
    const before = this.#fillings.get(worktree.id);
    before?.ending.abort();
    const ending = new AbortController();
    const done = this.#fill(worktree, madeAtMs, ending);
    this.#fillings.set(worktree.id, {
      ending,
      done: before === undefined ? done : Promise.all([before.done, done]),
    });
  }

  stateChanged(worktreeId: number, { code }: Pick<WorktreeHealth, "code">): void {
    if (code === "WORKTREE_GONE") {
      this.closed(worktreeId);
    }
  }

  /** It is gone, or no longer registered. */
  closed(worktreeId: number): void {
    this.#fillings.get(worktreeId)?.ending.abort();
    for (const gitDir of this.#filled.keys()) {
      if (!existsSync(gitDir)) {
        this.#filled.delete(gitDir);
      }
    }
  }

  /** Never rejects: what cannot be done is said in the log. */
  async #fill(worktree: AddedWorktree, madeAtMs: number, ending: AbortController): Promise<void> {
    const { id, root, gitDir } = worktree;
    const { signal } = ending;
    try {
      if (
        (await isWanted(gitDir)) &&
        (await isOnceTrue(() => isCheckedOut(gitDir), signal)) &&
        (await this.#queue.run(async () => this.#pull(worktree, signal)))
      ) {
        this.#filled.set(gitDir, madeAtMs);
      }
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      // A worktree that is gone has no settings.
      if (existsSync(gitDir)) {
        const { message: reason } = error;
        this.#options.log.write("warn", "cannot fill a new worktree", { root, reason });
      }
    } finally {
      if (this.#fillings.get(id)?.ending === ending) {
        this.#fillings.delete(id);
      }
    }
  }

  /** False when it was not done, and may be worth another attempt. @throws GityError */
  async #pull({ root, gitDir }: AddedWorktree, signal: AbortSignal): Promise<boolean> {
    const { executable, pausedBecause, log } = this.#options;
    // It may be another setting by now: somebody has waited for a checkout, or for others.
    if (
      !(await isOnceTrue(() => pausedBecause() === undefined, signal)) ||
      !(await isWanted(gitDir))
    ) {
      return false;
    }
    const startedAtMs = performance.now();
    this.#isPulling = true;
    const { report, reason } = await runSharePull(executable, root, signal);
    this.#isPulling = false;
    if (signal.aborted) {
      log.write("debug", "a new worktree is not filled any more", { root });
      return false;
    }
    if (report === undefined) {
      log.write("warn", "cannot fill a new worktree", { root, reason });
    } else {
      this.#tell(root, report, Math.round(performance.now() - startedAtMs));
    }
    return true;
  }

  #tell(root: string, { entries }: PullReport, tookMs: number): void {
    const { log } = this.#options;
    const pulled = entries.filter(({ outcome }) => outcome === "pulled");
    if (pulled.length > 0) {
      const directories = pulled.map(({ path }) => path).join(", ");
      log.write("info", "a new worktree got what is shared", { root, directories, tookMs });
    }
    for (const { path: directory, outcome, message: reason } of entries) {
      if (outcome === "pulled" && reason !== null) {
        log.write("warn", "what a new worktree got may not be complete", {
          root,
          directory,
          reason,
        });
      } else if (outcome !== "pulled") {
        const isExpected = outcome === "present" || outcome === "nowhere";
        log.write(isExpected ? "info" : "warn", "a new worktree did not get what is shared", {
          root,
          directory,
          reason,
        });
      }
    }
  }
}

/** When git made a linked worktree. Undefined of the main one, which is never added, of one that is gone, and of one
 *  that git is just making. */
export function madeAt(gitDir: string): number | undefined {
  return orUndefined(() =>
    existsSync(join(gitDir, "HEAD")) ? statSync(join(gitDir, "commondir")).mtimeMs : undefined,
  );
}

function isCheckedOut(gitDir: string): boolean {
  return existsSync(join(gitDir, "index")) && !existsSync(join(gitDir, "index.lock"));
}

/** @throws GityError */
async function isWanted(gitDir: string): Promise<boolean> {
  return (await readSettings(gitDir, SETTING)).boolean(SHARE_AUTO_KEY, false);
}

/** Looks less and less often; false when there is no more time for it. */
async function isOnceTrue(condition: () => boolean, signal: AbortSignal): Promise<boolean> {
  const startedAtMs = performance.now();
  while (!signal.aborted) {
    if (condition()) {
      return true;
    }
    const delayMs = (performance.now() - startedAtMs) * LOOK_SHARE;
    // oxlint-disable-next-line no-await-in-loop -- One look after the other.
    await pause(
      Math.min(Math.max(delayMs, NEW_WORKTREE_LOOK_MS_MIN), NEW_WORKTREE_LOOK_MS_MAX),
      signal,
    );
  }
  return false;
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => {
    resolve();
  };
  const timer = setTimeout(wake, durationMs);
  signal.addEventListener("abort", wake);
  await promise;
  signal.removeEventListener("abort", wake);
  clearTimeout(timer);
}
