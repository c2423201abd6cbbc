/** What the process takes of the machine. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { homeLayout } from "../../src/base/home.ts";
import { createHomeFolders } from "../../src/daemon/home-folders.ts";
import { readFileSizes, readProcessUsage, readWatchesMax } from "../../src/daemon/process-usage.ts";
import { tempDir } from "../support/temp-dir.ts";

test("readProcessUsage() knows this process", () => {
  const { residentBytes, cpuSeconds, openDescriptors, descriptorsMax } = readProcessUsage();

  expect(residentBytes).toBeWithin(1e6, 1e11);
  expect(cpuSeconds).toBeGreaterThan(0);
  expect(openDescriptors).toBeGreaterThan(2);
  expect(descriptorsMax).toBeGreaterThanOrEqual(openDescriptors ?? 0);
});

test("readWatchesMax() is what the kernel allows this user", () => {
  expect(readWatchesMax()).toBeGreaterThan(0);
});

test("readFileSizes() counts the store and the log with all that is beside them", () => {
  using folder = tempDir("usage");
  const layout = homeLayout({ GITY_HOME: folder.join("h") })!;
  expect(readFileSizes(layout)).toEqual({ storeBytes: 0, logBytes: 0 });

  createHomeFolders(layout);
  for (const [i, path] of [
    layout.database,
    `${layout.database}-wal`,
    `${layout.database}x`,
    layout.log,
    `${layout.log}.1`,
  ].entries()) {
    writeFileSync(path, "x".repeat(10 ** i));
  }

  expect(readFileSizes(layout)).toEqual({ storeBytes: 11, logBytes: 11_000 });
});

test("readResidentBytes() bears with a process that has no descriptor left", () => {
  const script = `
    const { openSync } = await import("node:fs");
    const { readResidentBytes } = await import(${JSON.stringify(Bun.resolveSync("../../src/daemon/process-usage.ts", import.meta.dir))});
    const before = readResidentBytes();
    try { for (;;) openSync("/dev/null", "r"); } catch {}
    process.exit(before > 0 && readResidentBytes() === 0 ? 0 : 1);`;
  const limited = 'ulimit -n 100; exec "$0" -e "$1"';
  const { exitCode } = Bun.spawnSync(["sh", "-c", limited, process.execPath, script]);

  expect(exitCode).toBe(0);
});
