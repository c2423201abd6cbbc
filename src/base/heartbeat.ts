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
const IS_READER_ASLEEP = 1;
const LISTENERS = 2;
const CLIENTS = 3;
const FIRST = 4;

/** As many listeners and clients are shown; the rest waits unseen. */
const DESCRIPTORS_MAX = 4096;

const WORDS = FIRST + 2 * DESCRIPTORS_MAX;

/** Turn numbers begin again here. */
const TURN_MAX = 2 ** 30;

export class Heartbeat {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  #turn = 0;
  /** Clients shown by showSockets(). */
  #clientsListed = 0;

  constructor(memory = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** The thread is about to sleep: nobody waits for it. */
  rest(): void {
    Atomics.store(this.#words, TURN, -this.#turn);
  }

  /** It has woken up. */
  beginTurn(): void {
    this.#turn = (this.#turn % TURN_MAX) + 1;
    Atomics.store(this.#words, TURN, this.#turn);
    // To wake a thread costs as much as to answer, and takes a processor from who asked.
    if (Atomics.load(this.#words, IS_READER_ASLEEP) !== 0) {
      Atomics.notify(this.#words, TURN);
    }
  }

  /** The number of the turn it is in; negated, or 0, while it rests after that turn. */
  get turn(): number {
    return Atomics.load(this.#words, TURN);
  }

  /** Resolves as soon as the thread is in a turn, without a timer. */
  async awake(): Promise<void> {
    // The order matters: a turn that begins after the store wakes us, and one before it is seen.
    Atomics.store(this.#words, IS_READER_ASLEEP, 1);
    for (let turn = this.turn; turn <= 0; turn = this.turn) {
      // oxlint-disable-next-line no-await-in-loop
      await Atomics.waitAsync(this.#words, TURN, turn).value;
    }
    Atomics.store(this.#words, IS_READER_ASLEEP, 0);
  }

  showSockets(listeners: readonly Fd[], clients: readonly Fd[]): void {
    this.#write(LISTENERS, FIRST, listeners);
    this.#write(CLIENTS, FIRST + DESCRIPTORS_MAX, clients);
    this.#clientsListed = this.#words[CLIENTS] ?? 0;
  }

  /** One more, since the last showSockets(). */
  showClient(fd: Fd): void {
    const count = this.#words[CLIENTS] ?? 0;
    if (count < DESCRIPTORS_MAX) {
      this.#words[FIRST + DESCRIPTORS_MAX + count] = fd;
      this.#words[CLIENTS] = count + 1;
    }
  }

  /** Takes back the last showClient(). False for any other client, which goes on being shown. */
  hideClient(fd: Fd): boolean {
    const last = (this.#words[CLIENTS] ?? 0) - 1;
    if (last < this.#clientsListed || this.#words[FIRST + DESCRIPTORS_MAX + last] !== fd) {
      return false;
    }
    this.#words[CLIENTS] = last;
    return true;
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
