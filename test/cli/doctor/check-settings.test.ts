/** gity's own settings. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { checkSettings } from "../../../src/cli/doctor/check-settings.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { findingsOf } from "./patient.ts";

async function messagesOf(...lines: readonly string[]): Promise<readonly string[]> {
  using home = tempDir("settings");
  const before = process.env["HOME"];
  process.env["HOME"] = home.path;
  try {
    writeFileSync(home.join(".gitconfig"), `[gity]\n${lines.join("\n")}\n`);
    return findingsOf(await checkSettings()).map(({ message }) => message);
  } finally {
    process.env["HOME"] = before;
  }
}

test("checkSettings() says nothing of what can be used", async () => {
  expect(await messagesOf()).toEqual([]);
  expect(await messagesOf("logLevel = WARN", "daemonIdleTimeout = 1k")).toEqual([]);
  expect(await messagesOf("share = node_modules", "shareKey = a=b", "shareAuto")).toEqual([]);
  expect(await messagesOf("indexWarmer = off")).toEqual([]);
  expect(await messagesOf("maxMemory = 2g", "prefetch", "maintenanceInterval = 60")).toEqual([]);
});

test("checkSettings() names what the daemon does not understand", async () => {
  const [level, timeout, unknown] = await messagesOf(
    "logLevel = loud",
    "daemonIdleTimeout = soon",
    "logLvel = debug",
  );

  expect(level).toBe(
    "the setting gity.logLevel is 'loud', and none of debug, info, warn, error: it is not used",
  );
  expect(timeout).toContain("gity.daemonIdleTimeout is 'soon', and no number of minutes");
  expect(unknown).toBe("gity has no setting 'gity.loglvel', and your git configuration sets it");
  expect(await messagesOf("daemonIdleTimeout = -1")).toHaveLength(1);
  expect(await messagesOf("shareAuto = perhaps")).toHaveLength(1);
  expect(await messagesOf("maxMemory = 2x", "prefetch = maybe", "prefetchIdle = -1")).toEqual([
    "the setting gity.maxMemory is '2x', and no number: it is not used",
    "the setting gity.prefetch is 'maybe', and neither true nor false: it is not used",
    "the setting gity.prefetchIdle is '-1', and no number of seconds: it is not used",
  ]);
});
