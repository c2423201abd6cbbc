/** What is put aside, and what becomes of it. */

import { expect, spyOn, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { Aside, type AsideSubject, removeLeftovers } from "../../src/share/aside.ts";
import { tempDir } from "../support/temp-dir.ts";

const DAY_MS = 86_400_000;

function subjectIn(folder: string): AsideSubject {
  return { path: "cache", sourcePath: folder, sourceId: [0, 1, 2, 3], hasHardLinks: false };
}

test("Aside leaves nothing when nothing is left, and what the daemon has there", () => {
  using dir = tempDir("aside");
  {
    using aside = Aside.open(dir.path);
    expect(() => Aside.open(dir.path)).toThrow("another 'gity share' is at work");
    expect(aside.remove("cache")).toBe(0);
  }
  expect(readdirSync(dir.path)).toEqual([]);
  mkdirSync(dir.join("gity/cookies"), { recursive: true });
  Aside.open(dir.path)[Symbol.dispose]();
  expect(readdirSync(dir.join("gity"))).toEqual(["cookies"]);
});

test("Aside goes on with the same mirror only", () => {
  using dir = tempDir("aside");
  const subject = subjectIn(dir.path);
  const open = (each: AsideSubject): number | undefined => {
    using aside = Aside.open(dir.path);
    aside.sweep();
    using place = aside.openPlace(each);
    return place.begunAtMs;
  };

  expect(open(subject)).toBeUndefined();
  expect(open(subject)).toBeNumber();
  expect(open({ ...subject, sourceId: [0, 1, 2, 4] })).toBeUndefined();
  expect(open({ ...subject, hasHardLinks: true })).toBeUndefined();
  expect(open({ ...subject, hasHardLinks: true })).toBeNumber();
  expect(open({ ...subject, path: "other" })).toBeUndefined();
});

test("Aside does not go on with what another boot, or nobody, has begun", () => {
  using dir = tempDir("aside");
  const subject = subjectIn(dir.path);
  const begin = (): boolean => {
    using aside = Aside.open(dir.path);
    using place = aside.openPlace(subject);
    return place.begunAtMs === undefined;
  };
  begin();
  const share = dir.join("gity/share");
  const record = join(share, readdirSync(share)[0] ?? "", "record");
  const text = readFileSync(record, "latin1");
  for (let end = 0; end < text.length; end += 1) {
    writeFileSync(record, text.slice(0, end), "latin1");
    expect([end, begin()]).toEqual([end, true]);
  }
  const boot = text.split("\0")[5] ?? "";
  expect(begin()).toBe(false);
  writeFileSync(record, text.replace(boot, "another"), "latin1");
  expect(begin()).toBe(true);
});

test("Aside.sweep() removes what is old, what has no source, and what it did not make", () => {
  using dir = tempDir("aside");
  mkdirSync(dir.join("source"));
  const begin = (): void => {
    using aside = Aside.open(dir.path);
    using _place = aside.openPlace(subjectIn(dir.join("source")));
  };
  const sweep = (): readonly string[] => {
    using aside = Aside.open(dir.path);
    mkdirSync(dir.join("gity/share/strange/folder"), { recursive: true });
    aside.sweep();
    return readdirSync(dir.join("gity/share")).filter((name) => name !== "lock");
  };
  begin();
  expect(sweep()).toHaveLength(1);
  const now = Date.now();
  const clock = spyOn(Date, "now").mockImplementation(() => now + DAY_MS + 1000);
  expect(sweep()).toEqual([]);
  clock.mockRestore();
  begin();
  renameSync(dir.join("source"), dir.join("moved"));
  expect(sweep()).toEqual([]);
  expect(existsSync(dir.join("gity"))).toBe(false);
});

test("Aside follows no link in the git directory", () => {
  using dir = tempDir("aside");
  mkdirSync(dir.join("outside/share/strange"), { recursive: true });
  symlinkSync("outside", dir.join("gity"));

  expect(() => Aside.open(dir.path)).toThrow("cannot make 'gity/share'");
  expect(readdirSync(dir.join("outside/share"))).toEqual(["strange"]);
});

test("Aside of a linked worktree is in the common directory, and of one that is gone is removed", () => {
  using dir = tempDir("aside");
  const subject = subjectIn(dir.path);
  const begin = (name: string): void => {
    using aside = Aside.open(dir.join("worktrees", name));
    using place = aside.openPlace(subject);
    expect(place.begunAtMs).toBeUndefined();
  };
  for (const name of ["one", "two", "three"]) {
    mkdirSync(dir.join("worktrees", name), { recursive: true });
    writeFileSync(dir.join("worktrees", name, "commondir"), "../..\n");
    begin(name);
  }
  const inCommon = (): string[] => readdirSync(dir.join("gity/share-worktrees")).toSorted();
  expect(inCommon()).toEqual(["one", "three", "two"]);
  expect(readdirSync(dir.join("worktrees/one"))).toEqual(["commondir"]);

  using held = Aside.open(dir.join("worktrees/three"));
  rmSync(dir.join("worktrees/three"), { recursive: true });
  rmSync(dir.join("worktrees/two"), { recursive: true });
  {
    using main = Aside.open(dir.path);
    main.sweep();
  }
  expect(inCommon()).toEqual(["one", "three"]);
  expect(held.remove("cache")).toBe(0);
});

test("removeLeftovers() removes what was begun anywhere, but where somebody is at work", () => {
  using dir = tempDir("aside");
  const linked = (name: string): string => dir.join(`worktrees/${name}`);
  for (const name of ["left", "busy"]) {
    mkdirSync(linked(name), { recursive: true });
    writeFileSync(join(linked(name), "commondir"), "../..");
  }
  const begin = (gitDir: string): Aside => {
    const aside = Aside.open(gitDir);
    aside.openPlace(subjectIn(dir.path))[Symbol.dispose]();
    return aside;
  };
  begin(dir.path)[Symbol.dispose]();
  begin(linked("left"))[Symbol.dispose]();
  {
    using _busy = begin(linked("busy"));
    expect(removeLeftovers(dir.path)).toEqual([]);
    expect(readdirSync(dir.join("gity"))).toEqual(["share-worktrees"]);
    expect(readdirSync(dir.join("gity/share-worktrees"))).toEqual(["busy"]);
    expect(readdirSync(dir.join("gity/share-worktrees/busy"))).toHaveLength(2);
  }
  removeLeftovers(dir.path);
  expect(existsSync(dir.join("gity"))).toBe(false);
  removeLeftovers(dir.path);
});
