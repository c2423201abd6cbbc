/**
 * Events as a bell: that there were some is what matters, and whoever hears it asks. So nothing is lost with
 * an event, a connection or a daemon.
 */

import type { GityEvent } from "../protocol/api.ts";
import type { EventQuestion, GityClient } from "./gity-client.ts";
import { settledLater } from "./settled-later.ts";

export interface BellOptions extends Pick<EventQuestion, "path" | "kinds" | "signal"> {
  /** Whether an event rings; every one does when left out. */
  readonly isToRing?: (event: GityEvent) => boolean;
}

export class Bell {
  /** Resolves when everything that happens from then on rings. */
  readonly isHung: Promise<void>;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #abort = (): void => {
    this.#controller.abort();
  };
  readonly #ended: Promise<void>;
  readonly #isToRing: (event: GityEvent) => boolean;
  #hasRung = false;
  #isOver = false;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  constructor(client: Pick<GityClient, "events">, options: BellOptions) {
    const { signal, isToRing = () => true, ...question } = options;
    const { promise: connected, resolve: hung } = settledLater<void>();
    this.#isToRing = isToRing;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort);
    if (signal?.aborted === true) {
      this.#controller.abort();
    }
    const events = client.events({
      ...question,
      signal: this.#controller.signal,
      onConnection: () => {
        hung();
      },
    });
    this.#ended = this.#listen(events);
    this.isHung = Promise.race([connected, this.#ended]).then(() => {
      if (this.#failure !== undefined) {
        throw this.#failure;
      }
      return undefined;
    });
  }

  /**
   * Waits until it has rung since the last time, or so long; false when it never will again.
   *
   * @throws GityError
   */
  async rings(waitMs?: number): Promise<boolean> {
    const timer = waitMs === undefined ? undefined : setTimeout(() => this.#ring(), waitMs);
    while (!this.#hasRung && !this.#isOver) {
      // oxlint-disable-next-line no-await-in-loop
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    const hasRung = this.#hasRung && !this.#isOver;
    this.#hasRung = false;
    return hasRung;
  }

  /** The signal may be of a whole program, in which many read. */
  async takeDown(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#controller.abort();
    await this.#ended;
  }

  #ring(): void {
    this.#hasRung = true;
    this.#wake();
  }

  async #listen(events: AsyncIterable<GityEvent>): Promise<void> {
    try {
      for await (const event of events) {
        if (this.#isToRing(event)) {
          this.#ring();
        }
      }
    } catch (error) {
      if (!(error instanceof Error)) {
        throw error;
      }
      this.#failure = this.#controller.signal.aborted ? undefined : error;
    }
    this.#isOver = true;
    this.#wake();
  }
}
