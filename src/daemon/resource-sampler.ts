/** Measures what the daemon takes of each resource, in the units of protocol/resources.ts. */

import { GityError } from "../base/errors.ts";
import type { HomeLayout } from "../base/home.ts";
import type { Resource } from "../protocol/resources.ts";
import type { Fleet } from "./fleet.ts";
import type { MonitorThread } from "./monitor-thread.ts";
import { readFileSizes, readProcessUsage, readWatchesMax } from "./process-usage.ts";

/** Undefined where the system does not say, or nobody has measured yet. */
export type ResourceSample = Readonly<Record<Resource, number | undefined>>;

export interface ResourceSamplerOptions {
  readonly layout: HomeLayout;
  readonly fleet: Pick<Fleet, "watchedDirectories">;
  readonly monitor: Pick<MonitorThread, "countWatched">;
  /** Jobs that wait. */
  readonly queueDepth: () => number;
}

const MS_PER_SECOND = 1000;

export class ResourceSampler {
  readonly #options: ResourceSamplerOptions;
  #measuredAtMs = performance.now();
  #cpuSeconds = readProcessUsage().cpuSeconds;
  #cpuPercent: number | undefined;

  constructor(options: ResourceSamplerOptions) {
    this.#options = options;
  }

  /**
   * A thorough sample wakes the monitor, and is where the share of the processor is counted from: one of a
   * moment says nothing.
   */
  async sample(isThorough: boolean): Promise<ResourceSample> {
    const { layout, fleet, queueDepth } = this.#options;
    const watches = isThorough ? await this.#countWatched() : fleet.watchedDirectories;
    const { residentBytes, cpuSeconds, openDescriptors, descriptorsMax } = readProcessUsage();
    if (isThorough) {
      this.#countCpu(cpuSeconds);
    }
    const { storeBytes, logBytes } = readFileSizes(layout);
    return {
      memory: residentBytes,
      cpu: this.#cpuPercent,
      descriptors: percentOf(openDescriptors ?? undefined, descriptorsMax ?? undefined),
      watches: percentOf(watches, readWatchesMax() ?? undefined),
      store: storeBytes,
      log: logBytes,
      jobs: queueDepth(),
    };
  }

  /** A monitor that does not say is at work. */
  async #countWatched(): Promise<number | undefined> {
    try {
      return await this.#options.monitor.countWatched();
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      return undefined;
    }
  }

  #countCpu(cpuSeconds: number): void {
    const nowMs = performance.now();
    const share = ((cpuSeconds - this.#cpuSeconds) * MS_PER_SECOND) / (nowMs - this.#measuredAtMs);
    this.#cpuPercent = 100 * share;
    this.#cpuSeconds = cpuSeconds;
    this.#measuredAtMs = nowMs;
  }
}

/** "unlimited" is no number, and nothing is a part of it. */
function percentOf(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole === 0
    ? undefined
    : (100 * part) / whole;
}
