/**
 * Absolute paths of one tree, as NUL-terminated bytes in one reused buffer.
 *
 * A crawl asks the kernel about every directory twice; without reuse, most of its time would go
 * into making these few bytes again and again.
 */

import type { BytePath } from "../base/brands.ts";

const SLASH = 0x2f;

export class PathBuffer {
  readonly #rootBytes: number;
  #buffer: Buffer;

  /** `root` is absolute, as text. */
  constructor(root: string) {
    const bytes = Buffer.from(root, "utf8");
    this.#rootBytes = bytes.length;
    this.#buffer = Buffer.alloc(bytes.length + 4096);
    bytes.copy(this.#buffer);
  }

  /** The path of `relative` below the root; empty for the root. Valid until the next call. */
  at(relative: BytePath): Buffer {
    if (relative === "") {
      this.#buffer[this.#rootBytes] = 0;
      return this.#buffer;
    }
    const needed = this.#rootBytes + relative.length + 2;
    if (needed > this.#buffer.length) {
      const larger = Buffer.alloc(needed * 2);
      this.#buffer.copy(larger, 0, 0, this.#rootBytes);
      this.#buffer = larger;
    }
    this.#buffer[this.#rootBytes] = SLASH;
    this.#buffer.write(relative, this.#rootBytes + 1, "latin1");
    this.#buffer[needed - 1] = 0;
    return this.#buffer;
  }
}
