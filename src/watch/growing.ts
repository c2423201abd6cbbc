/** Arrays of numbers that grow as they are filled, for tables of a tree whose size nobody knows yet. */

const FIRST_CAPACITY = 4096;

export class GrowingBytes {
  #array = new Uint8Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Appends a part of another array, and a NUL. */
  pushName(source: Uint8Array, start: number, end: number): void {
    const needed = this.#length + end - start + 1;
    if (needed > this.#array.length) {
      const larger = new Uint8Array(needed * 2);
      larger.set(this.#array);
      this.#array = larger;
    }
    let at = this.#length;
    // A name has a dozen bytes: a copy by hand is cheaper than a call.
    for (let from = start; from < end; from += 1) {
      this.#array[at] = source[from] ?? 0;
      at += 1;
    }
    this.#array[at] = 0;
    this.#length = at + 1;
  }

  /** What is there so far; shares the memory, until more is added. */
  view(): Uint8Array {
    return this.#array.subarray(0, this.#length);
  }
}

export class GrowingWords {
  #array = new Uint32Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(word: number): void {
    if (this.#length === this.#array.length) {
      const larger = new Uint32Array(2 * this.#length);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.#length] = word;
    this.#length += 1;
  }

  /** As of GrowingBytes. */
  view(): Uint32Array {
    return this.#array.subarray(0, this.#length);
  }
}
