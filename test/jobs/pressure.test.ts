/** Whether the machine has time: made-up /proc and /sys. */

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";

import { expect, test } from "bun:test";

import {
  LOAD_PER_PROCESSOR_MAX,
  PRESSURE_CPU_MAX,
  PRESSURE_IO_MAX,
  PRESSURE_MEMORY_MAX,
} from "../../src/base/limits.ts";
import { machineIsBusy } from "../../src/jobs/pressure.ts";
import { tempDir } from "../support/temp-dir.ts";

type Files = Readonly<Record<string, string>>;

function busy(files: Files): string | undefined {
  using root = tempDir("pressure");
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(root.join(file)), { recursive: true });
    writeFileSync(root.join(file), text);
  }
  return machineIsBusy(root.path);
}

/** As the kernel writes it. */
function linesOf(share: number): string {
  return (
    `some avg10=${share.toFixed(2)} avg60=99.00 avg300=99.00 total=1\n` +
    `full avg10=99.00 avg60=99.00 avg300=99.00 total=1\n`
  );
}

function pressure(cpu: number, memory: number, io: number): Files {
  return {
    "proc/pressure/cpu": linesOf(cpu),
    "proc/pressure/memory": linesOf(memory),
    "proc/pressure/io": linesOf(io),
  };
}

function supply(name: string, files: Files): Files {
  return Object.fromEntries(
    Object.entries(files).map(([file, text]) => [
      `sys/class/power_supply/${name}/${file}`,
      `${text}\n`,
    ]),
  );
}

function load(perProcessor: number): Files {
  return { "proc/loadavg": `${perProcessor * availableParallelism()} 99.00 99.00 1/100 5\n` };
}

const IDLE = pressure(0, 0, 0);
const BATTERY = "the machine runs on its battery";

test("machineIsBusy() where nothing is known has time", () => {
  expect(busy({})).toBeUndefined();
  expect(machineIsBusy("/none")).toBeUndefined();
});

test("machineIsBusy() of this machine says something", () => {
  expect(["undefined", "string"]).toContain(typeof machineIsBusy());
});

test.each([
  [PRESSURE_CPU_MAX, 0, 0, undefined],
  [0, PRESSURE_MEMORY_MAX, 0, undefined],
  [0, 0, PRESSURE_IO_MAX, undefined],
  [PRESSURE_CPU_MAX + 0.6, 0, 0, "41 % of the time somebody waits for its processors"],
  [0, PRESSURE_MEMORY_MAX + 1, 0, "6 % of the time somebody waits for its memory"],
  [0, 0, PRESSURE_IO_MAX + 1, "31 % of the time somebody waits for its disks"],
  [100, 100, 100, "100 % of the time somebody waits for its processors"],
])("machineIsBusy() under pressure of %d, %d and %d", (cpu, memory, io, expected) => {
  const told = busy({ ...pressure(cpu, memory, io), ...load(50) });

  expect(told).toBe(expected === undefined ? undefined : `the machine is busy: for ${expected}`);
});

test.each<readonly [string, Files]>([
  ["not there", {}],
  ["of another form", { ...IDLE, "proc/pressure/io": "avg10 is 5\n" }],
  ["empty", { ...IDLE, "proc/pressure/cpu": "" }],
])("machineIsBusy() goes by the load where pressure is %s", (_, files) => {
  expect(busy({ ...files, ...load(LOAD_PER_PROCESSOR_MAX) })).toBeUndefined();
  expect(busy({ ...files, ...load(LOAD_PER_PROCESSOR_MAX + 1) })).toStartWith(
    "the machine is busy: its load is ",
  );
  expect(busy({ ...files, "proc/loadavg": "nonsense" })).toBeUndefined();
});

const DISCHARGING = { type: "Battery", status: "Discharging" };

test.each<readonly [string, Files, string | undefined]>([
  ["a battery that is used", supply("BAT0", DISCHARGING), BATTERY],
  ["a battery that is charged", supply("BAT0", { ...DISCHARGING, status: "Charging" }), undefined],
  ["a battery of the system", supply("BAT0", { ...DISCHARGING, scope: "System" }), BATTERY],
  ["a battery of a mouse", supply("hid", { ...DISCHARGING, scope: "Device" }), undefined],
  [
    "a plug",
    { ...supply("BAT0", DISCHARGING), ...supply("AC", { type: "Mains", online: "1" }) },
    undefined,
  ],
  [
    "a plug that is out",
    { ...supply("BAT0", DISCHARGING), ...supply("AC", { type: "Mains", online: "0" }) },
    BATTERY,
  ],
  [
    "two batteries, one of which is used",
    { ...supply("BAT0", { ...DISCHARGING, status: "Full" }), ...supply("BAT1", DISCHARGING) },
    BATTERY,
  ],
  ["a file that is no supply", { "sys/class/power_supply/odd": "" }, undefined],
])("machineIsBusy() with %s", (_, files, expected) => {
  expect(busy({ ...IDLE, ...files })).toBe(expected);
});
