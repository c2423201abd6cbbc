/**
 * Tells a waiting person what is going on: a spinner or bar on a terminal, plain lines elsewhere.
 * Writes to stderr, so that stdout holds nothing but the result.
 */

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 80;
const BAR_WIDTH = 24;
const ERASE_LINE = "\r\u001B[K";

/** What Progress needs of process.stderr. */
export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class Progress implements Disposable {
  readonly #screen: Screen;
  readonly #isTerminal: boolean;
  #label: string | undefined;
  #done = 0;
  #total = 0;
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(screen: Screen = process.stderr) {
    this.#screen = screen;
    this.#isTerminal = screen.isTTY === true && process.env["TERM"] !== "dumb";
  }

  /** Begins a step and ends the one before. With a total it is a bar, else a spinner. */
  step(label: string, total = 0): void {
    this.finish();
    this.#label = label;
    this.#total = total;
    this.#done = 0;
    if (!this.#isTerminal) {
      this.#screen.write(`${label} …\n`);
      return;
    }
    this.#draw();
    this.#timer = setInterval(() => {
      this.#draw();
    }, FRAME_MS);
    this.#timer.unref();
  }

  advance(count = 1): void {
    this.#done += count;
    if (this.#isTerminal) {
      this.#draw();
    }
  }

  /** Ends the current step; on a terminal it stays as a line with a tick. */
  finish(): void {
    this.#stopTimer();
    if (this.#isTerminal && this.#label !== undefined) {
      this.#screen.write(`${ERASE_LINE}✓ ${this.#label}\n`);
    }
    this.#label = undefined;
  }

  /** Leaves the screen as it is: the step did not end well. */
  [Symbol.dispose](): void {
    this.#stopTimer();
    if (this.#isTerminal && this.#label !== undefined) {
      this.#screen.write(ERASE_LINE);
    }
    this.#label = undefined;
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #draw(): void {
    const frame = FRAMES[this.#frame % FRAMES.length] ?? "";
    this.#frame += 1;
    const bar = this.#total > 0 ? ` ${formatBar(this.#done / this.#total)}` : "";
    this.#screen.write(`${ERASE_LINE}${frame} ${this.#label ?? ""}${bar}`);
  }
}

export function formatBar(share: number): string {
  const bounded = Math.min(1, Math.max(0, share));
  const full = Math.round(bounded * BAR_WIDTH);
  const percent = String(Math.floor(bounded * 100)).padStart(3);
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${percent} %`;
}
