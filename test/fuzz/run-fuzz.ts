/**
 * Random operations, and after each of them, or after a few, the comparison of git with itself: with
 * gity, and without. Every choice comes from the seed and the tree on disk; what was done is kept
 * as a list, so that a difference can be replayed and shrunk.
 *
 * A run is cut into sessions of a few hundred steps, each with a tree and a seed of its own: what
 * fails is then short enough to shrink. One gity serves them all.
 */

import type { GityHome } from "../support/gity-home.ts";
import {
  type Difference,
  type FuzzAnswers,
  type FuzzHealth,
  fuzzWorktree,
} from "./fuzz-worktree.ts";
import { Generator } from "./generator.ts";
import type { Operation } from "./operations.ts";
import { formatRegressionTest, replay, shrink } from "./shrink.ts";

const SESSION_STEPS_MAX = 400;

const SHRINK_MS_MAX = 180_000;

export interface FuzzOptions {
  readonly home: GityHome;
  readonly seed: number;
  readonly steps: number;
  readonly deadlineMs: number;
  /** Whether the daemon is ended and started now and then. */
  readonly withRestarts?: boolean;
  readonly onSession?: (session: FuzzSession) => void;
}

export interface FuzzSession {
  readonly seed: number;
  readonly steps: number;
  readonly checks: number;
  /** Checks in which git could not tell, with gity or without. */
  readonly failedStatuses: number;
  /** Whether a mistake of git's own made further comparisons worthless. */
  readonly endedByGit: boolean;
  readonly answers: FuzzAnswers;
  /** Undefined when the session ended with a difference of gity's. */
  readonly health: FuzzHealth | undefined;
}

export interface FuzzFailure {
  /** Of the session: `--seed` of a run that fails at once. */
  readonly seed: number;
  readonly difference: string;
  readonly operations: readonly Operation[];
}

export interface FuzzResult {
  readonly steps: number;
  readonly checks: number;
  readonly answers: number;
  /** How many of them were "everything". */
  readonly unknownAnswers: number;
  readonly resyncs: number;
  /** What is wrong with gity's own account of itself. */
  readonly complaints: readonly string[];
  readonly failure: FuzzFailure | undefined;
}

/** Runs until the steps are done, the time is up, or git with gity says something else. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const endMs = performance.now() + options.deadlineMs;
  const total = { steps: 0, checks: 0, answers: 0, unknownAnswers: 0, resyncs: 0 };
  const complaints: string[] = [];
  for (let i = 0; total.steps < options.steps && performance.now() < endMs; i += 1) {
    const steps = Math.min(SESSION_STEPS_MAX, options.steps - total.steps);
    const seed = (options.seed + i) >>> 0;
    // oxlint-disable-next-line no-await-in-loop
    const { session, failure, operations } = await runSession({ ...options, seed, steps }, endMs);
    total.steps += session.steps;
    total.checks += session.checks;
    total.answers += session.answers.all;
    total.unknownAnswers += session.answers.toStatus;
    total.resyncs += session.health?.resyncs ?? 0;
    const complaint = complaintAbout(session);
    if (complaint !== undefined) {
      complaints.push(complaint);
      process.stderr.write(
        `${formatRegressionTest(`fuzz: seed ${seed}`, operations)}${complaint}\n`,
      );
    }
    options.onSession?.(session);
    if (failure !== undefined) {
      return { ...total, complaints, failure };
    }
  }
  return { ...total, complaints, failure: undefined };
}

async function runSession(
  options: FuzzOptions,
  endMs: number,
): Promise<{
  session: FuzzSession;
  failure: FuzzFailure | undefined;
  operations: readonly Operation[];
}> {
  const { home, seed } = options;
  await using tree = await fuzzWorktree(home);
  const generator = new Generator(seed, tree, options);
  const operations: Operation[] = [];
  let steps = 0;
  let difference: Difference | undefined;
  while (steps < options.steps && performance.now() < endMs && difference === undefined) {
    const operation = generator.next();
    operations.push(operation);
    steps += operation.kind === "check" ? 0 : 1;
    difference = tree.apply(operation);
  }
  const checks = operations.length - steps;
  const endedByGit = difference?.isGitsOwn ?? false;
  const session = {
    seed,
    steps,
    checks,
    failedStatuses: tree.failedStatuses(),
    endedByGit,
    answers: tree.answers(),
  };
  if (difference === undefined || endedByGit) {
    const health = await tree.health();
    return { session: { ...session, health }, failure: undefined, operations };
  }
  return {
    session: { ...session, health: undefined },
    failure: { seed, difference: difference.text, operations },
    operations,
  };
}

/** A gity that always says "everything" is never wrong, and of no use. */
function complaintAbout({ seed, health, answers }: FuzzSession): string | undefined {
  const isUseful = health === undefined || (health.state === "ready" && health.isAnswered);
  return isUseful ? undefined : `seed ${seed}: ${JSON.stringify({ ...health, answers })}`;
}

/** The same failure with as few operations as possible. */
export async function shrinkFailure(
  options: Pick<FuzzOptions, "home">,
  failure: FuzzFailure,
): Promise<FuzzFailure> {
  const { home } = options;
  const shrunk = await shrink(
    failure.operations,
    (candidate) => replay(home, candidate),
    SHRINK_MS_MAX,
  );
  return {
    seed: failure.seed,
    operations: shrunk.operations,
    difference:
      shrunk.difference ?? `not seen again when replayed; the first time:\n${failure.difference}`,
  };
}
