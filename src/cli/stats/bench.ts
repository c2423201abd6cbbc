/**
 * `gity stats --bench`: `git status` with gity and without, measured, told and kept.
 */

import { GityError } from "../../base/errors.ts";
import { medianInterval, type MedianInterval, medianOf } from "../../base/median.ts";
import type { GityClient } from "../../client/gity-client.ts";
import { findIndexToken } from "../../git/index-facts.ts";
import { measureStatus, type StatusTimes } from "../../git/measure-status.ts";
import type { HealthReply, PathValue } from "../../protocol/api.ts";
import { pathValueOf } from "../../protocol/path-value.ts";
import type { WorktreeState } from "../../protocol/worktree-health.ts";
import { BenchProgress } from "./bench-progress.ts";

const CONFIDENCE = 0.95;

/** Records that are told of what differs. */
const DIFFERENCES_MAX = 20;

export interface BenchReport {
  /** Of each, in turn. */
  readonly runs: number;
  /** Medians, in ms; null where they differed before anything was measured. */
  readonly withMs: number | null;
  readonly withoutMs: number | null;
  /** How many times as long it takes without gity: the median of the ratios of all rounds. */
  readonly ratio: number | null;
  /** The interval that ratio is in; null with fewer than six runs, which tell too little. */
  readonly interval: MedianInterval | null;
  /** Questions that git asked meanwhile, and those of them that were answered with `/`. */
  readonly queries: number;
  readonly unknownAnswers: number;
  /** Why it tells less than it could, each in a sentence. Where there is any, it is not kept. */
  readonly doubts: readonly string[];
  /** Whether both printed the same. Where not, nothing more was measured. */
  readonly agree: boolean;
  /** Entries as `git status --porcelain=v2` has them. */
  readonly onlyWith: readonly PathValue[];
  readonly onlyWithout: readonly PathValue[];
}

/** What is known besides of the runs. */
export interface BenchSurroundings {
  readonly state: WorktreeState;
  /** Whether git's token was one that is answered with what changed. */
  readonly isTokenGood: boolean;
  readonly queries: number;
  readonly unknownAnswers: number;
}

/** What is asked of the daemon. */
export type BenchSource = Pick<GityClient, "health" | "changes" | "keepMeasurement">;

/** @throws GityError NOT_REGISTERED, GIT_FAILED, UNSUPPORTED_GIT, OUTPUT_FAILED, INTERRUPTED */
export async function bench(
  client: BenchSource,
  path: string,
  { runs, signal }: { readonly runs: number; readonly signal: AbortSignal },
): Promise<BenchReport> {
  const before = await client.health(path);
  const { root, gitDir } = before;
  const isTokenGood = await isAnswerable(client, before);
  using progress = new BenchProgress(root, runs);
  const times = await measureStatus({
    root,
    gitDir,
    runs,
    signal,
    onRound: (done) => {
      progress.update(done);
    },
  });
  const after = await client.health(root);
  const report = summarize(times, {
    state: after.state,
    isTokenGood,
    // It may be another daemon by now.
    queries: Math.max(0, after.queries - before.queries),
    unknownAnswers: Math.max(0, after.unknownAnswers - before.unknownAnswers),
  });
  return report.agree && report.doubts.length === 0 ? await keep(client, root, report) : report;
}

/** What was measured is told also where it cannot be kept. */
async function keep(client: BenchSource, root: string, report: BenchReport): Promise<BenchReport> {
  const { runs, withMs, withoutMs } = report;
  try {
    if (withMs !== null && withoutMs !== null) {
      await client.keepMeasurement({ path: root, runs, withMs, withoutMs });
    }
    return report;
  } catch (error) {
    if (error instanceof GityError) {
      return { ...report, doubts: [error.message] };
    }
    throw error;
  }
}

/** Whether git's next question is answered with what changed. Of a token that nobody gave out it is not. */
async function isAnswerable(client: BenchSource, { root, gitDir }: HealthReply): Promise<boolean> {
  const since = findIndexToken(gitDir);
  return since !== undefined && (await client.changes(root, since)).kind === "changed";
}

export function summarize(times: StatusTimes, surroundings: BenchSurroundings): BenchReport {
  const { withMs, withoutMs, disagreement } = times;
  const ratios = withoutMs.map((without, i) => without / (withMs[i] ?? Number.NaN));
  const { queries, unknownAnswers } = surroundings;
  return {
    runs: withMs.length,
    withMs: medianOrNull(withMs),
    withoutMs: medianOrNull(withoutMs),
    ratio: medianOrNull(ratios),
    interval: medianInterval(ratios, CONFIDENCE) ?? null,
    queries,
    unknownAnswers,
    doubts: doubtsOf(times, surroundings),
    agree: disagreement === undefined,
    onlyWith: toValues(disagreement?.onlyWith),
    onlyWithout: toValues(disagreement?.onlyWithout),
  };
}

/** One is enough: the others follow from it. */
function doubtsOf(
  { withRuns, withMs }: StatusTimes,
  surroundings: BenchSurroundings,
): readonly string[] {
  const { state, isTokenGood, queries, unknownAnswers } = surroundings;
  if (state !== "ready") {
    return [`the worktree is '${state}': 'gity health' says more`];
  }
  if (queries < withRuns) {
    return [`git asked gity ${queries} times in ${withRuns} runs: 'gity doctor' may say why`];
  }
  if (!isTokenGood) {
    return [
      "the index is from before gity could answer, and git looked at everything each time: run " +
        "'git status' twice, and measure again",
    ];
  }
  if (unknownAnswers > 0) {
    return [`${unknownAnswers} of ${queries} answers were '/': 'gity health' says why`];
  }
  return medianInterval(withMs, CONFIDENCE) === undefined
    ? ["with fewer than six runs it may be chance"]
    : [];
}

function medianOrNull(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : medianOf(numbers);
}

function toValues(records: readonly string[] = []): readonly PathValue[] {
  return records
    .slice(0, DIFFERENCES_MAX)
    .map((record) => pathValueOf(Buffer.from(record, "latin1")));
}
