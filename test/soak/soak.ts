/**
 * Twenty worktrees at work at the same time, one gity for all of them, and a daemon that is killed again
 * and again: after each few changes of one of them git with gity is compared with git alone.
 *
 * Every choice comes from the seed, and from what is on the disks.
 */

import { actOnDaemon } from "../support/daemon-sync.ts";
import type { GityHome } from "../support/gity-home.ts";
import { type FuzzWorktree, fuzzWorktree } from "../fuzz/fuzz-worktree.ts";
import { Generator } from "../fuzz/generator.ts";
import type { Operation } from "../fuzz/operations.ts";
import { Random } from "../fuzz/random.ts";

/** Between two ends of the daemon, in steps; and until it comes back. */
const STEPS_UP = 60;
const STEPS_DOWN_MAX = 15;

/** A tree that git itself has confused is left alone, and another takes its place. */
const STEPS_OF_TREE_MAX = 1_500;

export interface SoakOptions {
  readonly home: GityHome;
  readonly seed: number;
  readonly worktrees: number;
  readonly deadlineMs: number;
  readonly onProgress?: (result: SoakResult) => void;
}

export interface SoakResult {
  readonly steps: number;
  readonly checks: number;
  readonly kills: number;
  readonly stops: number;
  readonly answers: number;
  readonly unknownAnswers: number;
  /** Trees in which a mistake of git's own made further comparisons worthless. */
  readonly endedByGit: number;
  readonly failure:
    { readonly text: string; readonly operations: readonly Operation[] } | undefined;
}

interface Worker {
  readonly tree: FuzzWorktree;
  readonly generator: Generator;
  readonly operations: Operation[];
}

const PROGRESS_STEPS = 500;

/** Runs until the time is up, or git with gity says something else than git alone. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  return new Soak(options).run();
}

class Soak {
  readonly #options: SoakOptions;
  readonly #random: Random;
  readonly #workers: Worker[] = [];
  #lastSeed: number;
  /** Steps until the daemon comes back; undefined while it runs. */
  #stepsDown: number | undefined;
  readonly #counts = { steps: 0, checks: 0, kills: 0, stops: 0, endedByGit: 0 };
  readonly #answers = { answers: 0, unknownAnswers: 0 };
  #failure: SoakResult["failure"];

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#lastSeed = options.seed;
  }

  async run(): Promise<SoakResult> {
    const endMs = performance.now() + this.#options.deadlineMs;
    for (let i = 0; i < this.#options.worktrees; i += 1) {
      // oxlint-disable-next-line no-await-in-loop
      this.#workers.push(await this.#hire());
    }
    while (performance.now() < endMs && this.#failure === undefined) {
      this.#treatDaemon();
      // oxlint-disable-next-line no-await-in-loop
      await this.#step();
      if (this.#counts.steps % PROGRESS_STEPS === 0) {
        this.#options.onProgress?.(this.#result());
      }
    }
    for (const worker of this.#workers) {
      // oxlint-disable-next-line no-await-in-loop
      await this.#dismiss(worker);
    }
    return this.#result();
  }

  #result(): SoakResult {
    return { ...this.#counts, ...this.#answers, failure: this.#failure };
  }

  async #hire(): Promise<Worker> {
    this.#lastSeed += 1;
    const tree = await fuzzWorktree(this.#options.home);
    return { tree, generator: new Generator(this.#lastSeed, tree), operations: [] };
  }

  async #dismiss({ tree }: Worker): Promise<void> {
    const { all, toStatus } = tree.answers();
    this.#answers.answers += all;
    this.#answers.unknownAnswers += toStatus;
    await tree[Symbol.asyncDispose]();
  }

  /** One change of one of the worktrees, or one comparison. */
  async #step(): Promise<void> {
    const index = this.#random.below(this.#workers.length);
    const worker = this.#workers[index];
    if (worker === undefined) {
      return;
    }
    const operation = worker.generator.next();
    worker.operations.push(operation);
    this.#counts.steps += 1;
    this.#counts.checks += operation.kind === "check" ? 1 : 0;
    const difference = worker.tree.apply(operation);
    if (difference !== undefined && !difference.isGitsOwn) {
      this.#failure = { text: difference.text, operations: worker.operations };
    } else if (difference !== undefined || worker.operations.length > STEPS_OF_TREE_MAX) {
      this.#counts.endedByGit += difference === undefined ? 0 : 1;
      await this.#dismiss(worker);
      this.#workers[index] = await this.#hire();
      // Hiring has brought the daemon back.
      this.#stepsDown = undefined;
    }
  }

  #treatDaemon(): void {
    const { home } = this.#options;
    const root = this.#workers[0]?.tree.root ?? "";
    if (this.#stepsDown === undefined) {
      if (this.#random.isOneIn(STEPS_UP)) {
        const isKill = !this.#random.isOneIn(4);
        actOnDaemon(home, root, isKill ? "kill" : "stop");
        this.#counts.kills += isKill ? 1 : 0;
        this.#counts.stops += isKill ? 0 : 1;
        this.#stepsDown = this.#random.below(STEPS_DOWN_MAX);
      }
    } else if (this.#stepsDown > 0) {
      this.#stepsDown -= 1;
    } else {
      this.#stepsDown = undefined;
      // Nobody waits: the first questions come while the trees are being walked.
      actOnDaemon(home, root, "start");
    }
  }
}
