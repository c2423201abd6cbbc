/** One piece of work after the other, in the order they were asked for. */

export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** A failed piece of work fails its caller only. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    try {
      await before;
      return await work();
    } finally {
      resolve();
    }
  }

  /** Resolves when everything asked for so far has ended. */
  async drained(): Promise<void> {
    await this.#last;
  }
}
