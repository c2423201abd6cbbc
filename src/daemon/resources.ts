/**
 * Looks now and then at what the daemon takes of the machine, and does something about what is more than
 * its settings allow.
 *
 * Owns: which resource is over its limit, and when somebody looks. Jobs that can wait ask isOver() before
 * they begin, and are told when that changes; none is to be queued while isOver("jobs"). Those that are
 * queued begin all the same, or there would always be too many. Must never: keep the process awake; one look in a minute is all.
 */

import { GityError } from "../base/errors.ts";
import {
  RESOURCE_LOOK_AFTER_MS,
  RESOURCE_LOOK_INTERVAL_MS,
  RESOURCE_RELIEF_LOOKS,
} from "../base/limits.ts";
import {
  describeStanding,
  type Resource,
  RESOURCE_RELEASE_SHARE,
  RESOURCE_SETTINGS,
  type ResourceStanding,
  RESOURCES,
} from "../protocol/resources.ts";
import type { EventHub } from "./event-hub.ts";
import type { Log } from "./log-file.ts";
import type { ResourceSample } from "./resource-sampler.ts";
import type { ResourceLimits } from "./resource-settings.ts";

/** What makes room: what it did, in words, or undefined when there was nothing to do. */
export type Relief = (standing: ResourceStanding) => Promise<string | undefined>;

export interface ResourcesOptions {
  readonly limits: ResourceLimits;
  /** A thorough one costs more than a moment of this thread. */
  readonly sample: (isThorough: boolean) => Promise<ResourceSample>;
  readonly reliefs: Readonly<Partial<Record<Resource, Relief>>>;
  readonly log: Log;
  readonly events: Pick<EventHub, "publish">;
  readonly intervalMs?: number | undefined;
}

interface Entry {
  readonly value: number;
  readonly isOver: boolean;
  /** Looks since the last relief; it may take a while until that shows. */
  readonly looks: number;
}

/** Over at the limit, and until it is clearly below it again: what is near it must not go to and fro. */
export function isOverLimit(value: number, limit: number, wasOver: boolean): boolean {
  return limit > 0 && value >= (wasOver ? RESOURCE_RELEASE_SHARE * limit : limit);
}

/** Where making room is cheap, or shows at once. */
const RELIEVED_AT_EVERY_LOOK: ReadonlySet<Resource> = new Set(["descriptors", "watches", "log"]);

export class Resources implements AsyncDisposable {
  readonly #options: ResourcesOptions;
  readonly #entries = new Map<Resource, Entry>();
  readonly #listeners = new Set<(reason: string | undefined) => void>();
  readonly #interval: Timer;
  #soon: Timer | undefined;
  #looking: Promise<void> | undefined;
  #hasEnded = false;

  constructor(options: ResourcesOptions) {
    this.#options = options;
    this.#interval = setInterval(() => void this.look(true), this.#intervalMs);
    this.#interval.unref();
  }

  get #intervalMs(): number {
    return this.#options.intervalMs ?? RESOURCE_LOOK_INTERVAL_MS;
  }

  /** Waits for the look at work. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#hasEnded = true;
    clearInterval(this.#interval);
    clearTimeout(this.#soon);
    this.#listeners.clear();
    await this.#looking;
  }

  /** Whether a job that can wait has to, or whether the resource that is named is over its limit. */
  isOver(resource?: Resource): boolean {
    return resource === undefined
      ? RESOURCES.some((each) => each !== "jobs" && this.isOver(each))
      : this.#entries.get(resource)?.isOver === true;
  }

  /** Why it has to wait, in a sentence; undefined when it has not. */
  reason(): string | undefined {
    const messages = this.overLimits()
      .filter(({ resource }) => resource !== "jobs")
      .map(({ message }) => message);
    return messages.length === 0 ? undefined : messages.join("; ");
  }

  /** Calls with the reason when isOver() becomes true, and with undefined when it becomes false. */
  onChange(listener: (reason: string | undefined) => void): void {
    this.#listeners.add(listener);
  }

  /** All that was measured, as it was at the last look. */
  standings(): readonly ResourceStanding[] {
    return RESOURCES.flatMap((resource) => {
      const entry = this.#entries.get(resource);
      return entry === undefined ? [] : [this.#standing(resource, entry)];
    });
  }

  overLimits(): readonly ResourceStanding[] {
    return this.standings().filter((standing) => standing.isOver);
  }

  /** Something large has just happened: looks a moment later, when others have happened, too. */
  lookSoon(): void {
    if (this.#soon !== undefined || this.#hasEnded) {
      return;
    }
    const look = (): void => {
      this.#soon = undefined;
      void this.look(false);
    };
    this.#soon = setTimeout(look, Math.min(RESOURCE_LOOK_AFTER_MS, this.#intervalMs));
    this.#soon.unref();
  }

  /** One at a time: who comes in the middle of one waits for it, and that is all. */
  async look(isThorough: boolean): Promise<void> {
    if (!this.#hasEnded) {
      this.#looking ??= this.#look(isThorough);
    }
    await this.#looking;
  }

  async #look(isThorough: boolean): Promise<void> {
    try {
      const sample = await this.#options.sample(isThorough);
      if (!this.#hasEnded) {
        await this.#weigh(sample);
      }
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#options.log.write("warn", "cannot look at what gity takes", { reason: error.message });
    } finally {
      this.#looking = undefined;
    }
  }

  async #weigh(sample: ResourceSample): Promise<void> {
    const wasOver = this.isOver();
    const due = RESOURCES.filter((resource) => this.#note(resource, sample[resource]));
    const isOver = this.isOver();
    if (isOver !== wasOver) {
      const reason = this.reason();
      for (const listener of this.#listeners) {
        listener(reason);
      }
    }
    for (const resource of due) {
      // Each may make the next one needless, and none may be in the way of another.
      // oxlint-disable-next-line no-await-in-loop
      await this.#relieve(resource);
    }
  }

  /** True when it is time to make room. */
  #note(resource: Resource, value: number | undefined): boolean {
    if (value === undefined) {
      return false;
    }
    const before = this.#entries.get(resource);
    const isOver = isOverLimit(value, this.#options.limits[resource], before?.isOver === true);
    const looks = (before?.looks ?? 0) + 1;
    const isRested = RELIEVED_AT_EVERY_LOOK.has(resource) || looks >= RESOURCE_RELIEF_LOOKS;
    const isDue = isOver && (before?.isOver !== true || isRested);
    const entry = { value, isOver, looks: isDue ? 0 : looks };
    this.#entries.set(resource, entry);
    if (isOver !== (before?.isOver === true)) {
      this.#tell(this.#standing(resource, entry));
    }
    return isDue;
  }

  #tell(standing: ResourceStanding): void {
    const { resource, value, limit, isOver } = standing;
    const fields = { resource, value, limit, setting: RESOURCE_SETTINGS[resource].key };
    if (isOver) {
      this.#options.log.write("warn", "a resource is over its limit", fields);
    } else {
      this.#options.log.write("info", "a resource is below its limit again", fields);
    }
    this.#options.events.publish({ kind: "resources", ...standing });
  }

  async #relieve(resource: Resource): Promise<void> {
    const { reliefs, log } = this.#options;
    const entry = this.#entries.get(resource);
    const relief = reliefs[resource];
    if (entry === undefined || relief === undefined || this.#hasEnded) {
      return;
    }
    try {
      const done = await relief(this.#standing(resource, entry));
      if (done !== undefined) {
        log.write("info", "made room", { resource, done });
      }
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      log.write("warn", "cannot make room", { resource, reason: error.message });
    }
  }

  #standing(resource: Resource, { value, isOver }: Entry): ResourceStanding {
    const standing = { resource, value, limit: this.#options.limits[resource], isOver };
    return { ...standing, message: describeStanding(standing) };
  }
}
