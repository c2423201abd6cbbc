/**
 * Memory in which one thread shows that it turns, and which descriptors others wait at for it, so that
 * another thread can see it hang and help those who wait.
 *
 * Written by the thread that turns, read by the other. What is read may be out of date by the time it is
 * used: use it only for what does no harm to another descriptor of the process.
 */

import type { Fd } from "./brands.ts";

/** Words of the shared memory. */
const TURN = 0;
const LISTENERS = 1;
const CLIENTS = 2;
const FIRST = 3;

/** As many listeners and clients are shown; the rest waits unseen. */
const DESCRIPTORS_MAX = 4096;

const WORDS = FIRST + 2 * DESCRIPTORS_MAX;

/** Turn numbers begin again here; 0 is for a thread that rests. */
const TURN_MAX = 2 ** 30;

export class Heartbeat {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  #turn = 0;

  constructor(memory = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** The thread is about to sleep: nobody waits for it. */
  rest(): void {
    Atomics.store(this.#words, TURN, 0);
  }

  /** It has woken up. */
  beginTurn(): void {
    this.#turn = (this.#turn % TURN_MAX) + 1;
    Atomics.store(this.#words, TURN, this.#turn);
    Atomics.notify(this.#words, TURN);
  }

  /** The number of the turn it is in; 0 while it rests. */
  get turn(): number {
    return Atomics.load(this.#words, TURN);
  }

  /** Resolves as soon as it does not rest. */
  async awake(): Promise<void> {
    while (this.turn === 0) {
      // oxlint-disable-next-line no-await-in-loop
      await Atomics.waitAsync(this.#words, TURN, 0).value;
    }
  }

  showSockets(listeners: readonly Fd[], clients: readonly Fd[]): void {
    this.#write(LISTENERS, FIRST, listeners);
    this.#write(CLIENTS, FIRST + DESCRIPTORS_MAX, clients);
  }

  /** One more, since the last showSockets(). */
  showClient(fd: Fd): void {
    const count = this.#words[CLIENTS] ?? 0;
    if (count < DESCRIPTORS_MAX) {
      this.#words[FIRST + DESCRIPTORS_MAX + count] = fd;
      this.#words[CLIENTS] = count + 1;
    }
  }

  get listeners(): readonly Fd[] {
    return this.#read(LISTENERS, FIRST);
  }

  get clients(): readonly Fd[] {
    return this.#read(CLIENTS, FIRST + DESCRIPTORS_MAX);
  }

  #write(countAt: number, from: number, fds: readonly Fd[]): void {
    const shown = fds.slice(0, DESCRIPTORS_MAX);
    this.#words[countAt] = 0;
    this.#words.set(shown, from);
    this.#words[countAt] = shown.length;
  }

  #read(countAt: number, from: number): readonly Fd[] {
    const fds = this.#words.subarray(from, from + (this.#words[countAt] ?? 0));
    // Whatever is written there was one.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return Array.from(fds) as Fd[];
  }
}
