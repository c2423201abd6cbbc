/**
 * Pieces of work of which some may go on at the same time, and no more: each is a thread or a few
 * processes, and five hundred worktrees must not mean five hundred of them.
 */

export class LimitedQueue {
  readonly #atOnceMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnceMax: number) {
    this.#atOnceMax = atOnceMax;
  }

  /** In the order they were asked for. A failed piece of work fails its caller only. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running === this.#atOnceMax) {
      // Whoever ends hands its place over.
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#running -= 1;
      } else {
        next();
      }
    }
  }
}
