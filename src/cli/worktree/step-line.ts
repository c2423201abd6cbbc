/** What is being done, on stderr: a line that redraws itself on a terminal, nothing elsewhere. */

import { printAside } from "../output.ts";
import { CLEAR_LINE, oneLine, progressStyle, type ProgressStyle, spinnerAt } from "../progress.ts";
import { STDERR } from "../terminal.ts";

export class StepLine implements Disposable {
  readonly #isTerminal: boolean;
  readonly #write: (text: string) => void;
  #frame = -1;

  constructor(style: ProgressStyle = progressStyle(STDERR), write = printAside) {
    this.#isTerminal = style === "terminal";
    this.#write = write;
  }

  say(text: string): void {
    if (this.#isTerminal) {
      this.#frame += 1;
      this.#write(oneLine(`${spinnerAt(this.#frame)} ${text}`));
    }
  }

  /** Nothing of it stays. */
  [Symbol.dispose](): void {
    if (this.#isTerminal) {
      this.#write(CLEAR_LINE);
    }
  }
}
