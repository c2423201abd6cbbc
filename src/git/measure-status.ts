/**
 * How long `git status` takes with gity and without, and whether both say the same.
 *
 * The two take turns, and take turns at being first, because the speed of a machine drifts. Nothing of the
 * user's is written: git takes no lock of his index, and without gity it reads a copy of it. The copy is
 * brought up to date once before the first run, as git would have kept it without gity; the user's own index
 * is taken as it is. Where that makes a difference, it is to gity's disadvantage.
 */

import { copyFileSync, mkdtempSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { GityError } from "../base/errors.ts";
import { LISTING_BYTES_MAX, MEASURED_STATUS_MS_MAX } from "../base/limits.ts";
import { gitFailure, runGit } from "./run.ts";

export interface StatusContest {
  readonly root: string;
  readonly gitDir: string;
  /** Of each. */
  readonly runs: number;
  readonly signal: AbortSignal;
  /** Before the first round, and after each. */
  readonly onRound: (done: number) => void;
}

export interface StatusTimes {
  /** In the order of the rounds; both of a round have the same place. */
  readonly withMs: readonly number[];
  readonly withoutMs: readonly number[];
  /** How often git was run as it is configured, all in all. */
  readonly withRuns: number;
  /** Undefined when both said the same. */
  readonly disagreement: StatusDisagreement | undefined;
}

/** Records of `git status --porcelain=v2 -z`; one character a byte. */
export interface StatusDisagreement {
  readonly onlyWith: readonly string[];
  readonly onlyWithout: readonly string[];
}

const STATUS = ["status", "--porcelain=v2", "-z"];
const WITHOUT_GITY = ["-c", "core.fsmonitor=false"];

/** Somebody may work in the worktree meanwhile: only what is different each time, with a new copy of the
 *  index, is a disagreement. */
const LOOKS_MAX = 4;

/**
 * Stops at the first disagreement.
 *
 * @throws GityError GIT_FAILED, UNSUPPORTED_GIT, OUTPUT_FAILED, INTERRUPTED
 */
export async function measureStatus(contest: StatusContest): Promise<StatusTimes> {
  using contestants = new Contestants(contest);
  const times = { withMs: [] as number[], withoutMs: [] as number[] };
  // Once without counting: caches are filled, and whoever differs, differs here.
  await contestants.renewCopy();
  contest.onRound(0);
  for (let round = -1; round < contest.runs; round += 1) {
    // oxlint-disable-next-line no-await-in-loop -- One after the other is what is measured.
    const pair = await contestants.runBoth(round % 2 === 0);
    const disagreement = differenceOf(pair);
    if (disagreement !== undefined) {
      // oxlint-disable-next-line no-await-in-loop
      const lasting = await contestants.lookAgain(disagreement);
      if (lasting !== undefined) {
        return { ...times, withRuns: contestants.withRuns, disagreement: lasting };
      }
    }
    if (round >= 0) {
      times.withMs.push(pair.with.elapsedMs);
      times.withoutMs.push(pair.without.elapsedMs);
      contest.onRound(round + 1);
    }
  }
  return { ...times, withRuns: contestants.withRuns, disagreement: undefined };
}

interface Run {
  readonly elapsedMs: number;
  readonly output: Buffer;
}

interface Pair {
  readonly with: Run;
  readonly without: Run;
}

class Contestants implements Disposable {
  readonly #contest: StatusContest;
  readonly #folder = onDisk(() => mkdtempSync(join(tmpdir(), `gity-stats-${process.pid}-`)));
  readonly #copy = join(this.#folder, "index");
  withRuns = 0;

  constructor(contest: StatusContest) {
    this.#contest = contest;
  }

  /**
   * Not newer than the index itself: git looks into files that are as new as their index, because its
   * times cannot tell (gitformat-index(5), "racy"), and must go on to.
   */
  async renewCopy(): Promise<void> {
    const index = join(this.#contest.gitDir, "index");
    onDisk(() => {
      rmSync(this.#copy, { force: true });
      const status = statSync(index, { throwIfNoEntry: false });
      // Where nothing was ever added there is none, and git takes that for empty.
      if (status !== undefined) {
        copyFileSync(index, this.#copy);
        utimesSync(this.#copy, status.atime, new Date(Math.floor(status.mtimeMs)));
      }
    });
    // Submodules have indexes of their own, and a part of a split index is another file: neither is a copy.
    const args = ["-c", "core.splitIndex=false", "status", "--ignore-submodules=all"];
    await this.#status(args, "safe", { GIT_INDEX_FILE: this.#copy }, "optional");
  }

  async runBoth(isWithFirst: boolean): Promise<Pair> {
    const early = isWithFirst ? await this.#runWith() : undefined;
    const without = await this.#runWithout();
    return { with: early ?? (await this.#runWith()), without };
  }

  /** What is different at the last look of several; undefined once there is nothing. */
  async lookAgain(first: StatusDisagreement): Promise<StatusDisagreement | undefined> {
    let found: StatusDisagreement | undefined = first;
    for (let look = 1; look < LOOKS_MAX && found !== undefined; look += 1) {
      // oxlint-disable-next-line no-await-in-loop
      await this.renewCopy();
      // oxlint-disable-next-line no-await-in-loop
      found = differenceOf(await this.runBoth(look % 2 === 0));
    }
    return found;
  }

  async #runWith(): Promise<Run> {
    this.withRuns += 1;
    return this.#status(STATUS, "user", {}, "none");
  }

  async #runWithout(): Promise<Run> {
    const args = [...WITHOUT_GITY, ...STATUS];
    return this.#status(args, "user", { GIT_INDEX_FILE: this.#copy }, "none");
  }

  async #status(
    args: readonly string[],
    configuration: "safe" | "user",
    environment: Readonly<Record<string, string>>,
    locks: "none" | "optional",
  ): Promise<Run> {
    const startedAt = performance.now();
    const result = await runGit(args, {
      cwd: this.#contest.root,
      timeoutMs: MEASURED_STATUS_MS_MAX,
      outputBytesMax: LISTING_BYTES_MAX,
      configuration,
      environment,
      locks,
      signal: this.#contest.signal,
    });
    const elapsedMs = performance.now() - startedAt;
    if (result.exitCode !== 0) {
      throw gitFailure(["status"], result);
    }
    return { elapsedMs, output: Buffer.from(result.stdout) };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** @throws GityError OUTPUT_FAILED */
function onDisk<Result>(step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      throw new GityError("OUTPUT_FAILED", `cannot copy the index: ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  }
}

function differenceOf(pair: Pair): StatusDisagreement | undefined {
  if (pair.with.output.equals(pair.without.output)) {
    return undefined;
  }
  const [ofWith, ofWithout] = [recordsOf(pair.with.output), recordsOf(pair.without.output)];
  return {
    onlyWith: [...ofWith].filter((record) => !ofWithout.has(record)),
    onlyWithout: [...ofWithout].filter((record) => !ofWith.has(record)),
  };
}

function recordsOf(output: Buffer): ReadonlySet<string> {
  return new Set(
    output
      .toString("latin1")
      .split("\0")
      .filter((record) => record !== ""),
  );
}
