/**
 * Whether the machine has time for work that nobody waits for: battery, and what the kernel says of those who
 * had to wait for processor, memory or disk (proc(5), "/proc/pressure"); without that, the load.
 */

import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import {
  LOAD_PER_PROCESSOR_MAX,
  PRESSURE_CPU_MAX,
  PRESSURE_IO_MAX,
  PRESSURE_MEMORY_MAX,
} from "../base/limits.ts";
import { orUndefined } from "../base/or-undefined.ts";

const LIMITS = [
  ["cpu", PRESSURE_CPU_MAX, "its processors"],
  ["memory", PRESSURE_MEMORY_MAX, "its memory"],
  ["io", PRESSURE_IO_MAX, "its disks"],
] as const;

const POWER_SUPPLIES = "sys/class/power_supply";

/** In words; undefined when it has time. `root`: where /proc and /sys are, for tests. */
export function machineIsBusy(root = "/"): string | undefined {
  return onBattery(root) ? "the machine runs on its battery" : underPressure(root);
}

/** sysfs-class-power of the kernel's documentation. */
function onBattery(root: string): boolean {
  const folder = join(root, POWER_SUPPLIES);
  const supplies = orUndefined(() => readdirSync(folder)) ?? [];
  const read = (name: string, file: string): string | undefined =>
    readText(join(folder, name, file))?.trim();
  const isPlugged = supplies.some(
    (name) => read(name, "type") === "Mains" && read(name, "online") === "1",
  );
  return (
    !isPlugged &&
    supplies.some(
      (name) =>
        read(name, "type") === "Battery" &&
        // A battery of a mouse is none of the machine's.
        read(name, "scope") !== "Device" &&
        read(name, "status") === "Discharging",
    )
  );
}

function underPressure(root: string): string | undefined {
  const shares = LIMITS.map(([name, limit, what]) => ({
    limit,
    what,
    share: shareOf(readText(join(root, "proc/pressure", name))),
  }));
  if (shares.some(({ share }) => share === undefined)) {
    return underLoad(root);
  }
  const busy = shares.find(({ share = 0, limit }) => share > limit);
  return busy === undefined
    ? undefined
    : `the machine is busy: for ${Math.round(busy.share ?? 0)} % of the time somebody waits for ${busy.what}`;
}

/** `some avg10=1.23 …` */
function shareOf(text: string | undefined): number | undefined {
  const share = /^some avg10=([\d.]+)/.exec(text ?? "")?.[1];
  return share === undefined ? undefined : Number(share);
}

function underLoad(root: string): string | undefined {
  const load = Number(readText(join(root, "proc/loadavg"))?.split(" ")[0] ?? Number.NaN);
  return load > LOAD_PER_PROCESSOR_MAX * availableParallelism()
    ? `the machine is busy: its load is ${load}`
    : undefined;
}

function readText(path: string): string | undefined {
  return orUndefined(() => readFileSync(path, "latin1"));
}
