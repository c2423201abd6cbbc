/** Starting the daemon for a git command that found none, with a program that stands in for it. */

import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import { expect, test } from "bun:test";

import { DAEMON_START_REST_MS } from "../../src/base/limits.ts";
import { startDaemon } from "../../src/helper/start-daemon.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A folder with a `gity` that writes down how it was called, and a home that is not there yet. */
function standIn() {
  const folder = tempDir("helper-start");
  const home = folder.join("h");
  const calls = folder.join("calls");
  writeFileSync(folder.join("gity"), `#!/bin/sh\necho "$@ in $PWD, $GITY_HOME" >>'${calls}'\n`, {
    mode: 0o755,
  });
  const start = (environment: Record<string, string> = {}, name = "gity-helper"): boolean =>
    startDaemon({
      executable: folder.join(name),
      environment: { PATH: process.env["PATH"], GITY_HOME: home, ...environment },
    });
  return {
    folder,
    home,
    start,
    stamp: folder.join("h/run/last-start"),
    /** Whole lines: it makes the file before it writes. */
    calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").split("\n").slice(0, -1) : []),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

test("startDaemon() starts its sibling, once in a while", async () => {
  using daemon = standIn();

  expect([daemon.start(), daemon.start()]).toEqual([true, false]);
  await eventually(() => daemon.calls().length === 1);
  expect(daemon.calls()).toEqual([`daemon run in /, ${daemon.home}`]);
  expect(lstatSync(daemon.stamp).mode & 0o777).toBe(0o600);
  expect(lstatSync(daemon.home).mode & 0o777).toBe(0o700);

  const past = (Date.now() - DAEMON_START_REST_MS - 1_000) / 1_000;
  utimesSync(daemon.stamp, past, past);
  expect([daemon.start(), daemon.start()]).toEqual([true, false]);
  await eventually(() => daemon.calls().length === 2);
});

test("startDaemon() is not kept away by the stamp of a clock that was put back", async () => {
  using daemon = standIn();
  expect(daemon.start()).toBe(true);
  await eventually(() => daemon.calls().length === 1);

  const future = Date.now() / 1_000 + 3_600;
  utimesSync(daemon.stamp, future, future);

  expect(daemon.start()).toBe(true);
  await eventually(() => daemon.calls().length === 2);
});

test("startDaemon() stays away when it is told to, by the environment or by 'daemon stop'", () => {
  using daemon = standIn();

  expect(daemon.start({ GITY_NO_DAEMON: "1" })).toBe(false);
  expect(daemon.start({ GITY_HOME: "relative" })).toBe(false);
  expect(existsSync(daemon.home)).toBe(false);
  mkdirSync(`${daemon.home}/run`, { recursive: true });
  writeFileSync(`${daemon.home}/run/stopped`, "");
  expect(daemon.start()).toBe(false);
  expect(existsSync(daemon.stamp)).toBe(false);
});

test("startDaemon() is content without a gity beside it, and with a home that is a file", () => {
  using daemon = standIn();
  // Run from source the executable is the runtime, whose folder has nothing of ours.
  expect(daemon.start({}, "bun")).toBe(false);
  expect(daemon.start({}, "gity-x")).toBe(false);
  using empty = tempDir("helper-start");
  const environment = { GITY_HOME: daemon.home };
  expect(startDaemon({ executable: empty.join("gity-helper"), environment })).toBe(false);
  writeFileSync(empty.join("file"), "");
  expect(daemon.start({ GITY_HOME: empty.join("file") })).toBe(false);
});

test.skipIf(process.getuid?.() !== 0)(
  "startDaemon() makes nothing in the home of another user, as under sudo",
  () => {
    using daemon = standIn();
    const home = daemon.folder.join("somebody");
    mkdirSync(home);
    chownSync(home, 12_345, 12_345);

    expect(daemon.start({ GITY_HOME: "", HOME: home })).toBe(false);
    expect(existsSync(`${home}/.gity`)).toBe(false);
  },
);
