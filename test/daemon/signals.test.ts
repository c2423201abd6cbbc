/** What the daemon does at which signal. */

import { existsSync, readFileSync, renameSync } from "node:fs";

import { expect, test } from "bun:test";

import { LogFile } from "../../src/daemon/log-file.ts";
import { catchSignals } from "../../src/daemon/signals.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";

test("catchSignals() reopens the log on SIGHUP, and stops on the others", async () => {
  using folder = tempDir("signals");
  const path = folder.join("log");
  using log = LogFile.open(path);
  const said: string[] = [];
  using _signals = catchSignals(log, (reason) => said.push(reason), false);
  log.write("info", "before");
  renameSync(path, `${path}.1`);

  process.kill(process.pid, "SIGHUP");
  await eventually(() => existsSync(path) && readFileSync(path, "utf8").includes("reopened"));
  process.kill(process.pid, "SIGTERM");
  process.kill(process.pid, "SIGINT");
  await eventually(() => said.length === 2);

  expect(said.toSorted()).toEqual(["SIGINT", "SIGTERM"]);
  expect(readFileSync(`${path}.1`, "utf8")).toContain("before");
});

test("catchSignals() goes on in the old log when there can be no new one", async () => {
  using folder = tempDir("signals");
  const path = folder.join("logs/log");
  await Bun.write(path, "");
  using log = LogFile.open(path);
  using _signals = catchSignals(log, () => {}, false);
  renameSync(folder.join("logs"), folder.join("old"));

  process.kill(process.pid, "SIGHUP");

  await eventually(() => readFileSync(folder.join("old/log"), "utf8").includes("cannot reopen"));
});

test("catchSignals() takes SIGHUP for the end of the terminal, where there is one", async () => {
  using folder = tempDir("signals");
  using log = LogFile.open(folder.join("log"));
  const said: string[] = [];
  using _signals = catchSignals(log, (reason) => said.push(reason), true);

  process.kill(process.pid, "SIGHUP");

  await eventually(() => said.includes("SIGHUP"));
});
