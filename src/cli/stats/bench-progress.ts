/** How far a measurement is, on stderr: a line that redraws itself on a terminal, and one at its beginning elsewhere. */

import { printAside } from "../output.ts";
import { CLEAR_LINE, oneLine, progressStyle, type ProgressStyle, spinnerAt } from "../progress.ts";
import { quoteReadable } from "../quote-path.ts";
import { STDERR } from "../terminal.ts";

export class BenchProgress implements Disposable {
  readonly #subject: string;
  readonly #runs: number;
  readonly #style: ProgressStyle;
  readonly #write: (text: string) => void;

  constructor(root: string, runs: number, style = progressStyle(STDERR), write = printAside) {
    this.#subject = `measuring 'git status' in ${quoteReadable(root)}`;
    this.#runs = runs;
    this.#style = style;
    this.#write = write;
    if (style === "lines") {
      write(`${this.#subject}, ${runs} times with gity and without …\n`);
    }
  }

  update(done: number): void {
    if (this.#style === "terminal") {
      this.#write(oneLine(`${spinnerAt(done)} ${this.#subject}: ${done} of ${this.#runs}`));
    }
  }

  /** Nothing of it stays. */
  [Symbol.dispose](): void {
    if (this.#style === "terminal") {
      this.#write(CLEAR_LINE);
    }
  }
}
