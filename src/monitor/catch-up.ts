/**
 * Brings a history that was interrupted up to date: what a walker found different from a snapshot
 * becomes one new generation, and older tokens can be answered again.
 *
 * INVARIANTS
 *
 *   [U1] What was recorded after the snapshot's moment is recorded again: the snapshot does not tell
 *        whether it came and went since (see watch/snapshot.ts, [S2]).
 *   [U2] git may believe in a file that came and went unseen, if it looked in between and kept its old
 *        token. Such a file is in its index and not on disk, in a directory that is not as it was; all
 *        of these are reported. So older tokens are answered only to who asks with that very index, as
 *        long as nobody has written another; and never again after the next interruption, unless the index
 *        is still the same.
 */

import type { BytePath, Epoch, Generation } from "../base/brands.ts";
import { SNAPSHOT_CHANGES } from "../base/limits.ts";
import { conePath, listingPath } from "../protocol/changed-paths.ts";
import { GENERATION_NONE, parseToken } from "../protocol/token.ts";
import type { CatchUpHealth } from "../protocol/worktree-health.ts";
import { usesIndexOf } from "./asking-process.ts";
import type { CatchUp, SeenDifference, SnapshotOrigin } from "./messages.ts";
import type { PublishedHistory } from "./published-history.ts";
import { type Dependency, isSame } from "./scope.ts";

const PATHS_BETWEEN_LOOKS = 256;

export class CatchUps {
  readonly #history: PublishedHistory;
  readonly #gitDir: string;
  /** The index that older tokens belong to [U2]. */
  #index: Dependency | undefined;
  /** What is different and not in the history yet; older tokens cannot be answered as long as there is
   *  anything. */
  #unrecorded: Iterator<BytePath, undefined> | undefined;
  /** The oldest of these tokens. */
  #oldestTrusted = GENERATION_NONE;
  /** Of the newest snapshot; nothing was saved in this epoch while it is "none". */
  #snapshotGeneration = GENERATION_NONE;
  /** What had been recorded when somebody last looked whether a snapshot is due. */
  #recordedAtLook = 0;
  /** Of which epoch's last interruption this is known. */
  #ended: { readonly epoch: Epoch; readonly outcome: "caught-up" | "forgotten" } | undefined;
  #snapshotEpoch: Epoch | undefined;

  constructor(history: PublishedHistory, gitDir: string) {
    this.#history = history;
    this.#gitDir = gitDir;
  }

  /**
   * Ends the interruption, as soon as settle() has said so. Without a difference nothing older is answered
   * any more. Returns the moment of which the walk is a snapshot: what happened since it began belongs to
   * later generations.
   */
  apply(catchUp: CatchUp | undefined): SnapshotOrigin {
    const history = this.#history;
    this.#unrecorded = undefined;
    const past = catchUp === undefined ? undefined : history.changesSince(catchUp.since);
    history.resume();
    const { epoch } = history.moment;
    if (catchUp === undefined || past === undefined) {
      this.#ended = { epoch, outcome: "forgotten" };
      this.#index = undefined;
      history.forgetAll();
      return history.moment;
    }
    this.#ended = { epoch, outcome: "caught-up" };
    const { moment } = history;
    this.#unrecorded = pathsOf(past, catchUp);
    if (catchUp.missing !== undefined) {
      this.#trust(catchUp.missing.index, moment.generation);
    }
    return moment;
  }

  /** Goes on with what apply() has begun; true when all of it is recorded. A hundred thousand paths take
   *  a tenth of a second, and others wait for their answers. */
  settle(budgetMs: number): boolean {
    const paths = this.#unrecorded;
    if (paths === undefined) {
      return true;
    }
    const endMs = performance.now() + budgetMs;
    for (;;) {
      for (let i = 0; i < PATHS_BETWEEN_LOOKS; i += 1) {
        const next = paths.next();
        if (next.done === true) {
          this.#unrecorded = undefined;
          return true;
        }
        this.#history.record(next.value);
      }
      if (performance.now() > endMs) {
        // Written now, it need not be written all at once.
        this.#history.publish({ mayMakeLog: false });
        return false;
      }
    }
  }

  /** Another interruption: what was found before it is found again. */
  giveUp(): void {
    this.#unrecorded = undefined;
  }

  /** Makes it part of the open generation. */
  record(seen: SeenDifference): void {
    for (const path of seenPaths(seen)) {
      this.#history.record(path);
    }
  }

  /** Tokens up to `generation` belong to this index from now on. Those that an earlier catch-up has tied
   *  to an index belong to no other: it did not know what this one holds. */
  #trust(index: Dependency, generation: Generation): void {
    const history = this.#history;
    if (this.#index?.path !== index.path || this.#index.identity !== index.identity) {
      this.#oldestTrusted = history.oldestDirectGeneration;
    }
    this.#index = index;
    history.setOldestDirect((generation + 1) as Generation);
  }

  /** Whether a process that asks with this token may be told more than "/" [U2]. */
  mayAnswer(since: string, pid: number): boolean {
    const { oldestDirectGeneration } = this.#history;
    if (oldestDirectGeneration === GENERATION_NONE) {
      return true;
    }
    const generation = parseToken(since)?.generation ?? GENERATION_NONE;
    return (
      generation >= oldestDirectGeneration ||
      (this.#index !== undefined &&
        generation >= this.#oldestTrusted &&
        isSame(this.#index) &&
        usesIndexOf(this.#gitDir, pid))
    );
  }

  /** A snapshot of this moment is on disk. */
  saved({ epoch, generation }: SnapshotOrigin): void {
    if (epoch === this.#history.moment.epoch) {
      this.#snapshotEpoch = epoch;
      this.#snapshotGeneration = generation;
      this.#recordedAtLook = this.#history.recorded;
    }
  }

  /** Whether so much has changed since the last snapshot that another is worth a walk. Asked at any
   *  time; true once, until so much has changed again. */
  isSnapshotDue(): boolean {
    const history = this.#history;
    if (history.recorded - this.#recordedAtLook < SNAPSHOT_CHANGES) {
      return false;
    }
    this.#recordedAtLook = history.recorded;
    // The same few paths may have been recorded again and again.
    const paths = history.changesSince(this.#snapshotGeneration);
    return paths === undefined || paths.length >= SNAPSHOT_CHANGES;
  }

  health(): CatchUpHealth {
    const { oldestDirectGeneration, isSuspended, moment } = this.#history;
    const ended = this.#ended?.epoch === moment.epoch ? this.#ended.outcome : "none";
    return {
      outcome: isSuspended ? "running" : ended,
      oldestDirectGeneration:
        oldestDirectGeneration === GENERATION_NONE ? null : oldestDirectGeneration,
      snapshotGeneration: this.#snapshotEpoch === moment.epoch ? this.#snapshotGeneration : null,
    };
  }
}

/** All that is different, and what had happened before. */
function* pathsOf(past: readonly BytePath[], catchUp: CatchUp): Generator<BytePath, undefined> {
  yield* past;
  yield* seenPaths(catchUp);
  for (const path of catchUp.missing?.paths ?? []) {
    yield path as BytePath;
  }
  return undefined;
}

function* seenPaths({ entries, cones, listings }: SeenDifference): Generator<BytePath, undefined> {
  yield* entries;
  for (const directory of cones) {
    yield conePath(directory);
  }
  for (const directory of listings) {
    yield listingPath(directory);
  }
  return undefined;
}
