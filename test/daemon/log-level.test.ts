/** How much the daemon logs. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { readLogLevel } from "../../src/daemon/log-level.ts";

test.each([
  ["", undefined, 0],
  ["[gity]\n\tlogLevel = debug\n", "debug", 0],
  ["[gity]\n\tlogLevel = WARN\n", "warn", 0],
  ["[gity]\n\tlogLevel = loud\n", undefined, 1],
  ["[gity]\n\tlogLevel\n", undefined, 1],
  ["[gity\n", undefined, 1],
])("readLogLevel(): %j says %p", async (configuration, level, warnings) => {
  const path = `${process.env["HOME"] ?? ""}/.gitconfig`;
  const said: string[] = [];
  writeFileSync(path, configuration);
  try {
    const log = { write: (_: string, message: string) => said.push(message) };
    expect(await readLogLevel(log)).toBe(level as "debug");
    expect(said.length).toBe(warnings);
  } finally {
    await Bun.file(path).delete();
  }
});
