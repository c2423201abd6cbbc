/**
 * How many paths the answers of a worktree named. What helpers read from the log only they know.
 */

import type { AnsweredPaths } from "../protocol/worktree-health.ts";

export class AnsweredPathsCounter {
  #answers = 0;
  #empty = 0;
  #paths = 0;
  #most = 0;

  /** An answer that named this many. */
  record(paths: number): void {
    this.#answers += 1;
    this.#empty += paths === 0 ? 1 : 0;
    this.#paths += paths;
    this.#most = Math.max(this.#most, paths);
  }

  report(): AnsweredPaths {
    return {
      answers: this.#answers,
      empty: this.#empty,
      paths: this.#paths,
      most: this.#most,
    };
  }
}
