/** After how long the daemon ends. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { idleMsOf, readIdleSetting } from "../../src/daemon/idle-setting.ts";

test.each([
  [undefined, 0, 600_000],
  [undefined, 1, undefined],
  [0, 0, undefined],
  [0, 1, undefined],
  [3, 0, 180_000],
  [3, 1, 180_000],
])("idleMsOf(): with the setting %p and %d repositories it is %p", (setting, count, idleMs) => {
  expect(idleMsOf(setting, count)).toBe(idleMs);
});

test.each([
  ["", undefined, 0],
  ["[gity]\n\tdaemonIdleTimeout = 7\n", 7, 0],
  ["[gity]\n\tdaemonIdleTimeout = 1k\n", 1024, 0],
  ["[gity]\n\tdaemonIdleTimeout = 0\n", 0, 0],
  ["[gity]\n\tdaemonIdleTimeout = -1\n", undefined, 1],
  ["[gity]\n\tdaemonIdleTimeout = soon\n", undefined, 1],
  ["[gity\n", undefined, 1],
])("readIdleSetting(): %j says %p", async (configuration, minutes, warnings) => {
  const path = `${process.env["HOME"] ?? ""}/.gitconfig`;
  const said: string[] = [];
  writeFileSync(path, configuration);
  try {
    const log = { write: (_: string, message: string) => said.push(message) };
    expect(await readIdleSetting(log)).toBe(minutes as number);
    expect(said.length).toBe(warnings);
  } finally {
    await Bun.file(path).delete();
  }
});
