/**
 * A file that grows at its end, and gives way to a new one before it gets too large: `x` becomes `x.1`,
 * `x.1` becomes `x.2`, and the oldest goes.
 *
 * Every file is for this user only, and no link is followed. Must never: be without a file. What cannot
 * be renamed or opened goes on in the file there is. (LogTape's own rotating sink opens its files
 * itself, by their name, through links and with the umask's mode, and lets nobody else do it.)
 */

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";

export interface RotationLimits {
  /** No file is larger, unless by a single line or by what others write. */
  readonly bytesMax: number;
  /** All of them, the one that grows included. */
  readonly filesMax: number;
}

export class RotatingFile implements Disposable {
  readonly #path: string;
  readonly #limits: RotationLimits;
  #fd: number;
  #bytes: number;

  /** @throws ELOOP, EACCES, … */
  constructor(path: string, limits: RotationLimits) {
    this.#path = path;
    this.#limits = limits;
    this.#fd = openPrivate(path);
    this.#bytes = fstatSync(this.#fd).size;
  }

  /** Goes on in a new file, after somebody has moved the old one away. @throws ELOOP, EACCES, … */
  reopen(): void {
    const before = this.#fd;
    this.#fd = openPrivate(this.#path);
    this.#bytes = fstatSync(this.#fd).size;
    closeSync(before);
  }

  /** In one write(2), so that the lines of a process that shares the file are not torn.
   *  @throws ENOSPC, … */
  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#limits.bytesMax) {
      this.#rotate();
    }
    this.#bytes += writeSync(this.#fd, bytes);
  }

  /** Removes the oldest files until all together are no larger, and goes on in a new one if the one that
   *  grows is. Returns how many are gone. */
  shrinkTo(bytesMax: number): number {
    if (this.#bytes > bytesMax) {
      this.#rotate();
    }
    const older = Array.from(
      { length: this.#limits.filesMax - 1 },
      (_, i) => `${this.#path}.${i + 1}`,
    );
    let bytes = [this.#path, ...older].reduce((sum, path) => sum + sizeOf(path), 0);
    let removed = 0;
    for (const path of older.toReversed()) {
      const size = sizeOf(path);
      if (bytes > bytesMax && size > 0) {
        ignoringSystemErrors(() => {
          unlinkSync(path);
          bytes -= size;
          removed += 1;
        });
      }
    }
    return removed;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #rotate(): void {
    for (let i = this.#limits.filesMax - 1; i > 0; i -= 1) {
      const from = i === 1 ? this.#path : `${this.#path}.${i - 1}`;
      ignoringSystemErrors(() => {
        renameSync(from, `${this.#path}.${i}`);
      });
    }
    ignoringSystemErrors(() => {
      this.reopen();
    });
    if (this.#bytes >= this.#limits.bytesMax) {
      // It could not be moved away. Trying again with each line would only cost time.
      this.#bytes = 0;
    }
  }
}

function sizeOf(path: string): number {
  let size = 0;
  ignoringSystemErrors(() => {
    ({ size } = statSync(path));
  });
  return size;
}

function openPrivate(path: string): number {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, 0o600);
  fchmodSync(fd, 0o600);
  return fd;
}

export function ignoringSystemErrors(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) {
      throw error;
    }
  }
}
