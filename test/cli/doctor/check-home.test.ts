/** gity's home, looked at. */

import { chmodSync, mkdirSync } from "node:fs";

import { expect, test } from "bun:test";

import { homeLayout } from "../../../src/base/home.ts";
import { checkHome, checkSpace } from "../../../src/cli/doctor/check-home.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { findingsOf, summary } from "./patient.ts";

function layoutIn(folder: string) {
  const layout = homeLayout({ GITY_HOME: folder });
  if (layout === undefined) {
    throw new Error("no layout");
  }
  return layout;
}

test("checkHome() is content with a private home, and with none", () => {
  using folder = tempDir("home");
  const layout = layoutIn(folder.path);
  mkdirSync(layout.dataFolder, { mode: 0o700 });

  expect(summary(checkHome(layout, ""))).toEqual(["ok home"]);
  expect(summary(checkHome(layoutIn(folder.join("none")), ""))).toEqual(["ok home"]);
});

test("checkHome() names a folder that others may look into", () => {
  using folder = tempDir("home");
  const layout = layoutIn(folder.path);
  mkdirSync(layout.dataFolder);
  chmodSync(layout.dataFolder, 0o755);

  expect(findingsOf(checkHome(layout, ""))).toEqual([
    expect.objectContaining({
      id: "home",
      severity: "warning",
      subject: layout.dataFolder,
      cure: `chmod 700 ${layout.dataFolder}`,
    }),
  ]);
});

test("checkHome() warns of a network file system", () => {
  using folder = tempDir("home");
  const mounts = `27 1 0:1 / / rw - ext4 x rw\n30 27 0:30 / ${folder.path} rw - nfs4 s:/ rw\n`;

  expect(findingsOf(checkHome(layoutIn(folder.path), mounts))).toEqual([
    expect.objectContaining({
      severity: "warning",
      message: expect.stringContaining("is on a network file system (nfs4)"),
      cure: "set GITY_HOME to a folder on a local disk",
    }),
  ]);
});

test("checkHome() names a log that is no file", () => {
  using folder = tempDir("home");
  const layout = layoutIn(folder.path);
  mkdirSync(layout.log, { recursive: true, mode: 0o700 });

  expect(summary(checkHome(layout, ""))).toEqual(["warning log"]);
});

test("checkSpace() tells of a full disk", () => {
  const disk = { type: 0, bsize: 4096, blocks: 0, bfree: 0, frsize: 4096, files: 0, ffree: 0 };
  expect(checkSpace("/h", { ...disk, bavail: 1_000_000 })).toEqual([]);
  expect(findingsOf(checkSpace("/h", { ...disk, bavail: 3 }))).toEqual([
    expect.objectContaining({
      id: "home-space",
      severity: "error",
      message: "the disk of '/h' is full: 12.0 KiB are free",
    }),
  ]);
});
