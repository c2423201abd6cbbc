/** Which way is found for the gits of this machine. */

import { expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";

import { findWay, installedGits, monitorValue } from "../../src/daemon/ways.ts";
import { tempDir } from "../support/temp-dir.ts";

test("findWay() counts the caller's gits beside the daemon's", async () => {
  using dir = tempDir("ways");
  writeFileSync(dir.join("git"), "#!/bin/sh\necho 'git version 2.1.0'\n");
  chmodSync(dir.join("git"), 0o755);
  const gits = await installedGits(dir.path);
  expect(gits.map(({ path }) => path)).toContain(dir.join("git"));
  expect(gits.length).toBeGreaterThan(1);

  const found = await findWay("auto", dir.path);
  expect(found).toMatchObject({ wantedWay: "auto", way: "hook", warnings: [] });
  expect(found.wayReason).toContain("not every git here can ask a socket");
});

function unexpected(): never {
  throw new Error("the helper is of no use here");
}

test("monitorValue() is git's boolean for the socket, and needs no helper then", () => {
  expect(monitorValue("socket", unexpected)).toBe("true");
  expect(monitorValue("hook", () => "/x/gity-helper")).toBe("/x/gity-helper");
});
