/**
 * What happened lately, and who wants to be told.
 *
 * Owns: the last events, which a subscriber that was away can still have, and a bounded queue for each
 * subscriber. Whoever publishes is never kept waiting, and nobody's slowness costs more memory than his
 * queue: what does not fit is lost, and a gap says so.
 */

import { randomBytes } from "node:crypto";

import {
  EVENT_BYTES_KEPT_MAX,
  EVENTS_KEPT_MAX,
  SUBSCRIBER_BYTES_MAX,
  SUBSCRIBER_EVENTS_MAX,
} from "../base/limits.ts";
import type { GityEvent } from "../protocol/api.ts";
import { formatEventId, parseEventId } from "../protocol/event-id.ts";
import type { EventKind } from "../protocol/event-kinds.ts";

type Without<Event, Key extends string> = Event extends unknown ? Omit<Event, Key> : never;

/** What is known of an event before it has a number. */
export type NewEvent = Without<Exclude<GityEvent, { kind: "gap" }>, "id" | "atMs">;

type GapReason = Extract<GityEvent, { kind: "gap" }>["reason"];

/** One event as it is sent. */
export interface SentEvent {
  readonly id: string;
  readonly kind: GityEvent["kind"];
  /** JSON, on one line. */
  readonly data: string;
}

export interface Interest {
  /** Undefined: all. */
  readonly kinds: ReadonlySet<EventKind> | undefined;
  /** Undefined: everything that is watched. */
  readonly place: { readonly root: string; readonly commonDir: string } | undefined;
}

interface Kept extends SentEvent {
  readonly number: number;
  readonly event: NewEvent;
}

const INSTANCE_BYTES = 4;

export class EventHub {
  /** Tells the numbers of this daemon from those of another. */
  readonly #instance = randomBytes(INSTANCE_BYTES).toString("hex");
  readonly #kept: Kept[] = [];
  #keptBytes = 0;
  #lastNumber = 0;
  readonly #subscriptions = new Set<Subscription>();
  readonly #interestChanged: (() => void)[] = [];
  #toldFrom: (interest: Interest) => number = () => 0;

  /**
   * `changed` is called when somebody begins, or ceases, to listen. `toldFrom` says since which number
   * all that is of interest has become an event: what nobody listened to has not.
   */
  onInterest(changed: () => void, toldFrom: (interest: Interest) => number = () => 0): void {
    this.onSubscribers(changed);
    this.#toldFrom = toldFrom;
  }

  /** Called when somebody begins, or ceases, to listen. */
  onSubscribers(changed: () => void): void {
    this.#interestChanged.push(changed);
  }

  #tellOfInterest(): void {
    for (const changed of this.#interestChanged) {
      changed();
    }
  }

  /** A number for this moment, which no event has. */
  mark(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  get subscribers(): number {
    return this.#subscriptions.size;
  }

  publish(event: NewEvent): void {
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const id = this.#idOf(number);
    const data = JSON.stringify({ id, atMs: Date.now(), ...event });
    const kept: Kept = { id, kind: event.kind, data, number, event };
    this.#kept.push(kept);
    this.#keptBytes += data.length;
    while (this.#kept.length > EVENTS_KEPT_MAX || this.#keptBytes > EVENT_BYTES_KEPT_MAX) {
      this.#keptBytes -= this.#kept.shift()?.data.length ?? 0;
    }
    for (const subscription of this.#subscriptions) {
      if (isOfInterest(subscription.interest, event)) {
        subscription.offer(kept);
      }
    }
  }

  /** For want of memory: who was away is told of a gap. Returns how many there were. */
  forgetKept(): number {
    this.#keptBytes = 0;
    return this.#kept.splice(0).length;
  }

  /** Whether anybody wants to know of this. */
  isWanted(event: Pick<NewEvent, "kind"> & { readonly root?: string }): boolean {
    return [...this.#subscriptions].some(({ interest }) => isOfInterest(interest, event));
  }

  /**
   * From now on, or from after the event with the id `lastId`, as far as that is remembered; what is not
   * is a gap. To be disposed of.
   */
  subscribe(interest: Interest, lastId?: string): Subscription {
    const subscription = new Subscription(interest, {
      gap: (reason, lost, number) => this.#gap(reason, lost, number),
      closed: () => {
        this.#subscriptions.delete(subscription);
        this.#tellOfInterest();
      },
    });
    const toldFrom = this.#toldFrom(interest);
    this.#subscriptions.add(subscription);
    this.#tellOfInterest();
    if (lastId !== undefined) {
      this.#replay(subscription, lastId, toldFrom);
    }
    return subscription;
  }

  /** Ends them all, for the daemon's end. */
  close(): void {
    for (const subscription of this.#subscriptions) {
      subscription[Symbol.dispose]();
    }
  }

  /** After whoever makes the events has heard of the subscription: the gap's id counts from then on. */
  #replay(subscription: Subscription, lastId: string, toldFrom: number): void {
    const last = parseEventId(lastId);
    if (last?.instance !== this.#instance || last.number > this.#lastNumber) {
      subscription.miss("restarted", null, this.#lastNumber);
      return;
    }
    const { number } = last;
    const oldest = this.#kept[0]?.number ?? this.#lastNumber + 1;
    if (number + 1 < oldest) {
      subscription.miss("too-old", oldest - number - 1, oldest - 1);
    }
    for (const kept of this.#kept) {
      if (kept.number > number && isOfInterest(subscription.interest, kept.event)) {
        subscription.replay(kept);
      }
    }
    if (number < toldFrom) {
      subscription.miss("too-old", null, this.#lastNumber);
    }
  }

  /** Its id is that of the last event that was lost: who comes back with it misses no other. */
  #gap(reason: GapReason, lost: number | null, number: number): SentEvent {
    const id = this.#idOf(number);
    const event: GityEvent = { id, atMs: Date.now(), kind: "gap", reason, lost };
    return { id, kind: "gap", data: JSON.stringify(event) };
  }

  #idOf(number: number): string {
    return formatEventId({ instance: this.#instance, number });
  }
}

interface SubscriptionHost {
  readonly gap: (reason: GapReason, lost: number | null, number: number) => SentEvent;
  readonly closed: () => void;
}

/** One who listens. */
export class Subscription implements Disposable {
  readonly interest: Interest;
  readonly #host: SubscriptionHost;
  #queue: { readonly event: SentEvent; readonly number: number }[] = [];
  #queueBytes = 0;
  /** Lost since the queue was full, and the last of them. */
  #lost = 0;
  #lastLost = 0;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(interest: Interest, host: SubscriptionHost) {
    this.interest = interest;
    this.#host = host;
  }

  [Symbol.dispose](): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#host.closed();
      this.#wake?.();
    }
  }

  offer({ number, ...event }: Kept): void {
    if (this.#lost > 0 || !this.#hasRoomFor(event)) {
      // What is older than the first that was lost is lost as well: a gap is one, and at the front.
      this.#lost += this.#queue.length + 1;
      this.#lastLost = number;
      this.#queue = [];
      this.#queueBytes = 0;
    } else {
      this.#queue.push({ event, number });
      this.#queueBytes += event.data.length;
    }
    this.#wake?.();
  }

  /** However much it is: it is kept for everybody anyway. */
  replay({ number, ...event }: Kept): void {
    this.#queue.push({ event, number });
    this.#queueBytes += event.data.length;
  }

  /** Events were lost before there was a queue. */
  miss(reason: GapReason, lost: number | null, number: number): void {
    const event = this.#host.gap(reason, lost, number);
    this.#queue.push({ event, number });
  }

  /** All that is queued, as soon as that is something; undefined when there will be no more. */
  async take(): Promise<readonly SentEvent[] | undefined> {
    while (this.#queue.length === 0 && this.#lost === 0 && !this.#isOver) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      // oxlint-disable-next-line no-await-in-loop
      await promise;
      this.#wake = undefined;
    }
    if (this.#isOver) {
      return undefined;
    }
    const events = this.#queue.map(({ event }) => event);
    if (this.#lost > 0) {
      events.unshift(this.#host.gap("slow", this.#lost, this.#lastLost));
    }
    this.#queue = [];
    this.#queueBytes = 0;
    this.#lost = 0;
    return events;
  }

  #hasRoomFor({ data }: SentEvent): boolean {
    return (
      this.#queue.length < SUBSCRIBER_EVENTS_MAX &&
      // One that is larger than all of the queue may have it for itself.
      (this.#queue.length === 0 || this.#queueBytes + data.length <= SUBSCRIBER_BYTES_MAX)
    );
  }
}

function isOfInterest(
  { kinds, place }: Interest,
  event: Pick<NewEvent, "kind"> & { readonly root?: string; readonly commonDir?: string | null },
): boolean {
  if (kinds !== undefined && !kinds.has(event.kind)) {
    return false;
  }
  return place === undefined || event.root === place.root || event.commonDir === place.commonDir;
}
