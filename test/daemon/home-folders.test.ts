/** The folders of gity's home. */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import { expect, test } from "bun:test";

import { homeLayout, type HomeLayout } from "../../src/base/home.ts";
import { createHomeFolders, sweepRunFolder } from "../../src/daemon/home-folders.ts";
import { tempDir } from "../support/temp-dir.ts";

function layoutAt(path: string): HomeLayout {
  const layout = homeLayout({ GITY_HOME: path });
  if (layout === undefined) {
    throw new Error("no layout");
  }
  return layout;
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test("createHomeFolders() X2 makes folders that only this user can enter", () => {
  using folder = tempDir("home");
  const layout = layoutAt(folder.join("deep", "home"));
  createHomeFolders(layout);
  chmodSync(layout.runFolder, 0o777);
  createHomeFolders(layout);

  const { home, runFolder, adoptedFolder, dataFolder, logsFolder, binFolder } = layout;
  const modes = [home, runFolder, adoptedFolder, dataFolder, logsFolder, binFolder].map(modeOf);
  expect(modes).toEqual(["700", "700", "700", "700", "700", "700"]);
});

test("createHomeFolders() keeps the mode of a home that was there", () => {
  using folder = tempDir("home");
  mkdirSync(folder.join("home"), { mode: 0o755 });
  chmodSync(folder.join("home"), 0o755);

  createHomeFolders(layoutAt(folder.join("home")));

  expect(modeOf(folder.join("home"))).toBe("755");
});

test("createHomeFolders() refuses a home in which others may write, and makes nothing there", () => {
  using folder = tempDir("home");
  chmodSync(folder.path, 0o777);

  expect(() => {
    createHomeFolders(layoutAt(folder.path));
  }).toThrow(expect.objectContaining({ code: "PERMISSION_DENIED" }));
  expect(readdirSync(folder.path)).toEqual([]);
});

test("createHomeFolders() reports a file in the way", () => {
  using folder = tempDir("home");
  writeFileSync(folder.join("home"), "");

  expect(() => {
    createHomeFolders(layoutAt(folder.join("home")));
  }).toThrow(expect.objectContaining({ code: "PERMISSION_DENIED" }));
});

test("createHomeFolders() refuses a home too long for a socket, before it makes anything", () => {
  using folder = tempDir("home");
  const layout = layoutAt(folder.join("x".repeat(100)));

  expect(() => {
    createHomeFolders(layout);
  }).toThrow(expect.objectContaining({ code: "UNSUPPORTED_PATH" }));
  expect(statSync(layout.home, { throwIfNoEntry: false })).toBeUndefined();
});

test("sweepRunFolder() removes what adopted worktrees have left, and nothing else", () => {
  using folder = tempDir("home");
  const layout = layoutAt(folder.path);
  createHomeFolders(layout);
  mkdirSync(`${layout.adoptedFolder}/1-2-3-4/cookies`, { recursive: true });
  writeFileSync(layout.lock, "");
  sweepRunFolder(layout);
  expect(existsSync(`${layout.adoptedFolder}/1-2-3-4`)).toBe(false);
  expect([existsSync(layout.adoptedFolder), existsSync(layout.lock)]).toEqual([true, true]);
});

test.each(["run", "run/adopted", "data", "logs", "bin"])(
  "createHomeFolders() X4 follows no link at %s, and takes the home itself for what it leads to",
  (name) => {
    using folder = tempDir("home");
    using elsewhere = tempDir("elsewhere");
    mkdirSync(elsewhere.join("real"));
    symlinkSync(elsewhere.join("real"), folder.join("home"));
    const layout = layoutAt(folder.join("home"));
    createHomeFolders(layout);
    rmSync(folder.join("home", name), { recursive: true });
    writeFileSync(elsewhere.join("mine"), "");
    chmodSync(elsewhere.path, 0o755);
    symlinkSync(elsewhere.path, folder.join("home", name));

    expect(() => {
      createHomeFolders(layout);
    }).toThrow(expect.objectContaining({ code: "PERMISSION_DENIED" }));
    expect([modeOf(elsewhere.path), existsSync(elsewhere.join("mine"))]).toEqual(["755", true]);
  },
);
