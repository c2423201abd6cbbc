/** gity's home, taken away. */

import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { expect, test } from "bun:test";

import { foreignFiles, removeHome } from "../../src/client/home-removal.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";

const OWN = [
  "run/gity.sock",
  "run/daemon.lock",
  "run/daemon.lock-journal",
  "run/config-AbC123/config",
  "run/adopted/1-2a-1-3z/log",
  "run/adopted/1-2a-1-3z/cookies/x",
  "run/status/1-2a-1-3z",
  "run/status/1-2a-1-3z.new",
  "data/gity.db",
  "data/gity.db-wal",
  "logs/daemon.log",
];

function fill(home: string, names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(`${home}/${name}`), { recursive: true });
    writeFileSync(`${home}/${name}`, "");
  }
}

function homeIn(folder: TempDir): string {
  const home = folder.join("home");
  fill(home, OWN);
  mkdirSync(`${home}/bin`);
  symlinkSync("/gone/gity-helper", `${home}/bin/gity-helper`);
  return home;
}

test("removeHome() leaves nothing of what gity makes", () => {
  using folder = tempDir("home");
  const home = homeIn(folder);
  expect(foreignFiles(home)).toEqual([]);
  expect(removeHome(home)).toBeUndefined();
  expect(readdirSync(folder.path)).toEqual([]);
  expect(foreignFiles(home)).toEqual([]);
});

test("foreignFiles() names what gity did not make, also where gity makes things", () => {
  using folder = tempDir("home");
  const home = homeIn(folder);
  fill(home, [
    "notes",
    "data/photos.db",
    "run/adopted/x/f",
    "run/status/x",
    "bin/tool",
    "src/main.c",
  ]);
  mkdirSync(`${home}/empty`);

  expect([...foreignFiles(home)].toSorted()).toEqual([
    "bin/tool",
    "data/photos.db",
    "empty",
    "notes",
    "run/adopted/x",
    "run/status/x",
    "src",
  ]);
});

test("foreignFiles() does not look through a link, and removeHome() leaves its target alone", () => {
  using folder = tempDir("home");
  fill(folder.join("elsewhere"), ["gity.db"]);
  mkdirSync(folder.join("home"));
  symlinkSync(folder.join("elsewhere"), folder.join("home/data"));

  expect(foreignFiles(folder.join("home"))).toEqual(["data"]);
  expect(() => removeHome(folder.join("home"))).toThrow("ENOTEMPTY");
  expect(existsSync(folder.join("elsewhere/gity.db"))).toBe(true);
});

test("removeHome() of a link empties the folder, and says that the link stays", () => {
  using folder = tempDir("home");
  const home = homeIn(folder);
  symlinkSync(home, folder.join("link"));

  expect(foreignFiles(folder.join("link"))).toEqual([]);
  expect(removeHome(folder.join("link"))).toBe("it is a link");
  expect(readdirSync(home)).toEqual([]);
});
