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
 *        long as nobody has written another.
 */

import type { BytePath, Generation } from "../base/brands.ts";
import { SNAPSHOT_CHANGES } from "../base/limits.ts";
import { conePath, listingPath } from "../protocol/changed-paths.ts";
import { GENERATION_NONE, parseToken } from "../protocol/token.ts";
import { usesIndexOf } from "./asking-process.ts";
import type { CatchUp, SnapshotOrigin } from "./messages.ts";
import type { PublishedHistory } from "./published-history.ts";
import { type Dependency, isSame } from "./scope.ts";

export class CatchUps {
  readonly #history: PublishedHistory;
  readonly #gitDir: string;
  /** The index that older tokens belong to [U2]. */
  #index: Dependency | undefined;
  /** Of the newest snapshot; nothing was saved in this epoch while it is "none". */
  #snapshotGeneration = GENERATION_NONE;
  /** What had been recorded when somebody last looked whether a snapshot is due. */
  #recordedAtLook = 0;

  constructor(history: PublishedHistory, gitDir: string) {
    this.#history = history;
    this.#gitDir = gitDir;
  }

  /**
   * Ends the interruption. Without a difference nothing older is answered any more. Returns the moment of
   * which the walk is a snapshot: what happened since it began belongs to later generations.
   */
  apply(catchUp: CatchUp | undefined): SnapshotOrigin {
    const history = this.#history;
    const past = catchUp === undefined ? undefined : history.changesSince(catchUp.since);
    history.resume();
    if (catchUp === undefined || past === undefined) {
      this.#index = undefined;
      history.forgetAll();
      return history.moment;
    }
    const { moment } = history;
    const record = (path: string): void => history.record(path as BytePath);
    past.forEach(record);
    catchUp.entries.forEach(record);
    for (const directory of catchUp.cones) {
      record(conePath(directory));
    }
    for (const directory of catchUp.listings) {
      record(listingPath(directory));
    }
    if (catchUp.missing !== undefined) {
      catchUp.missing.paths.forEach(record);
      this.#index = catchUp.missing.index;
      history.setOldestDirect((moment.generation + 1) as Generation);
    }
    return moment;
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
      (this.#index !== undefined && isSame(this.#index) && usesIndexOf(this.#gitDir, pid))
    );
  }

  /** A snapshot of this moment is on disk. */
  saved({ epoch, generation }: SnapshotOrigin): void {
    if (epoch === this.#history.moment.epoch) {
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
}
