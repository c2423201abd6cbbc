/** Replacing git's configuration file under git's own lock protocol. */

import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import { expect, test } from "bun:test";

import {
  configurationPath,
  readConfiguration,
  removeLeftovers,
  replaceConfiguration,
} from "../../src/git/configuration-file.ts";
import { tempDir } from "../support/temp-dir.ts";

const OLD = Buffer.from("old");
const NEW = Buffer.from("new");

test("replaceConfiguration() keeps the mode and leaves nothing behind", () => {
  using folder = tempDir("config");
  const path = folder.join("config");
  writeFileSync(path, OLD);
  chmodSync(path, 0o640);

  expect(replaceConfiguration(path, OLD, NEW)).toBe(true);

  expect(readFileSync(path)).toEqual(NEW);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder.path)).toEqual(["config"]);
});

test("replaceConfiguration() [C1] changes nothing when something else is there", () => {
  using folder = tempDir("config");
  const path = folder.join("config");
  writeFileSync(path, "somebody was faster");

  expect(replaceConfiguration(path, OLD, NEW)).toBe(false);
  expect(replaceConfiguration(path, null, NEW)).toBe(false);

  expect(readFileSync(path, "utf8")).toBe("somebody was faster");
  expect(readdirSync(folder.path)).toEqual(["config"]);
});

test("replaceConfiguration() creates and removes the file", () => {
  using folder = tempDir("config");
  const path = folder.join("config");

  expect(replaceConfiguration(path, null, NEW)).toBe(true);
  expect(readConfiguration(path)).toEqual(NEW);
  expect(replaceConfiguration(path, NEW, null)).toBe(true);
  expect(readConfiguration(path)).toBeNull();
  expect(readdirSync(folder.path)).toEqual([]);
});

test("replaceConfiguration() respects a lock of git's, and leaves it", () => {
  using folder = tempDir("config");
  const path = folder.join("config");
  writeFileSync(path, OLD);
  writeFileSync(`${path}.lock`, "git is at work");

  expect(() => replaceConfiguration(path, OLD, NEW)).toThrow(
    expect.objectContaining({ code: "CONFIGURATION_LOCKED" }),
  );

  expect(readFileSync(path)).toEqual(OLD);
  expect(readdirSync(folder.path).toSorted()).toEqual(["config", "config.lock"]);
});

test("removeLeftovers() [C2] takes away the lock of a gity that died, and no other", () => {
  using folder = tempDir("config");
  const path = folder.join("config");
  writeFileSync(path, OLD);
  writeFileSync(`${path}.gity`, NEW);
  linkSync(`${path}.gity`, `${path}.lock`);
  removeLeftovers(path);
  expect(readdirSync(folder.path)).toEqual(["config"]);

  writeFileSync(`${path}.gity`, NEW);
  writeFileSync(`${path}.lock`, NEW);
  removeLeftovers(path);
  expect(readdirSync(folder.path).toSorted()).toEqual(["config", "config.lock"]);
});

test("replaceConfiguration() goes on from where a gity died after the rename", () => {
  using folder = tempDir("config");
  const path = folder.join("config");
  writeFileSync(path, OLD);
  linkSync(path, `${path}.gity`);

  expect(replaceConfiguration(path, OLD, NEW)).toBe(true);
  expect(readdirSync(folder.path)).toEqual(["config"]);
});

test("configurationPath() [C3] follows a link, and the link stays", () => {
  using folder = tempDir("config");
  mkdirSync(folder.join("git"));
  writeFileSync(folder.join("real"), OLD);
  symlinkSync("../real", folder.join("git", "config"));

  const path = configurationPath(folder.join("git"));
  expect(replaceConfiguration(path, OLD, NEW)).toBe(true);

  expect(path).toBe(folder.join("real"));
  expect(lstatSync(folder.join("git", "config")).isSymbolicLink()).toBe(true);
  expect(readFileSync(folder.join("git", "config"))).toEqual(NEW);
});

test("configurationPath() reports a link to nowhere", () => {
  using folder = tempDir("config");
  symlinkSync("nowhere", folder.join("config"));

  expect(() => configurationPath(folder.path)).toThrow(
    expect.objectContaining({ code: "GIT_FAILED" }),
  );
});

test("replaceConfiguration() X4 does not follow a link planted where it writes", () => {
  using folder = tempDir("config");
  const path = folder.join("config");
  writeFileSync(path, OLD);
  writeFileSync(folder.join("victim"), "untouched");
  symlinkSync(folder.join("victim"), `${path}.gity`);

  expect(replaceConfiguration(path, OLD, NEW)).toBe(true);

  expect(readFileSync(folder.join("victim"), "utf8")).toBe("untouched");
  expect(existsSync(`${path}.gity`)).toBe(false);
});
