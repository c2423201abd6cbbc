/**
 * Random numbers that are the same for the same seed, on every machine and in every version:
 * mulberry32, a generator of 32 bits of state. Good enough to choose operations with, and for
 * nothing else.
 */

const TWO_TO_32 = 2 ** 32;

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 random bits. */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number {
    return Math.floor((this.bits() / TWO_TO_32) * limit);
  }

  /** True once in `times`, on average. */
  isOneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of the values, undefined when there is none. */
  pick<Value>(values: readonly Value[]): Value | undefined {
    return values[this.below(values.length)];
  }

  /** One of the values, by their weights. */
  pickWeighted<Value>(choices: readonly (readonly [weight: number, value: Value])[]): Value {
    const total = choices.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.below(total);
    for (const [weight, value] of choices) {
      if (left < weight) {
        return value;
      }
      left -= weight;
    }
    throw new Error("there is nothing to choose from");
  }
}
