/** What is heard of files against what is seen of them, where the kernel would have to be timed. */

import { expect, test } from "bun:test";
import { linkSync, writeFileSync } from "node:fs";

import type { BytePath, WatchDescriptor } from "../../src/base/brands.ts";
import type { LinkedFile } from "../../src/ffi/file-links.ts";
import {
  IN_CLOSE_WRITE,
  IN_CREATE,
  IN_DELETE,
  IN_MODIFY,
  IN_MOVED_FROM,
  IN_MOVED_TO,
} from "../../src/ffi/inotify.ts";
import { cString } from "../../src/ffi/libc.ts";
import { DirectoryNode } from "../../src/watch/directory-tree.ts";
import type { Place } from "../../src/watch/linked-entries.ts";
import { LinkWatch } from "../../src/watch/link-watch.ts";
import { failCall } from "../support/faults.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

const PARENT = new DirectoryNode("", 1 as WatchDescriptor);

interface Fixture extends Disposable {
  readonly root: TempDir;
  readonly links: LinkWatch;
  /** Reports, where this name is held open, and returns the names that were reported. */
  report(heldOpen: string): string[];
  /** Events of one name, one after the other. */
  hear(name: string, ...masks: number[]): void;
  /** Looks, and judges what was found: true when something is missing. */
  look(): boolean;
  /** What the owner was told since the last call. */
  told(): string[];
}

function fixture(settlingMs?: number): Fixture {
  const root = tempDir("link-watch");
  let told: string[] = [];
  const tell = (what: string) => (): void => {
    told.push(what);
  };
  const links = new LinkWatch(
    {
      absolutePath: ({ name }) => cString(root.join(name), "utf8"),
      doubtEverything: tell("doubt"),
      loseCount: tell("count"),
      loseNames: tell("names"),
      seekNames: tell("seek"),
    },
    settlingMs,
  );
  return {
    root,
    links,
    report: (heldOpen) => {
      const reported: string[] = [];
      links.report(
        ({ name }) => {
          reported.push(name);
          return name as BytePath;
        },
        (path) => path === heldOpen,
      );
      return reported;
    },
    hear: (name, ...masks) => {
      masks.forEach((mask) => {
        links.hear(at(name), mask, 7);
      });
    },
    look: () => {
      const isMissing = links.look();
      links.judge();
      return isMissing;
    },
    told: () => {
      const before = told;
      told = [];
      return before;
    },
    [Symbol.dispose]: () => {
      root[Symbol.dispose]();
    },
  };
}

function at(name: string): Place {
  return { parent: PARENT, name };
}

function seen(identity: string): LinkedFile {
  return { identity, links: 2, changedAtMs: 0 };
}

test("a name that is written to and missing is looked for again before anything is doubted", () => {
  using it = fixture();
  it.hear("f", IN_MODIFY);
  expect(it.look()).toBe(true);
  expect(it.told()).toEqual([]);
  // The event was on its way: it was the file's own name.
  it.hear("f", IN_DELETE);
  expect(it.look()).toBe(false);
  expect(it.told()).toEqual([]);
  it.hear("f", IN_MODIFY);
  expect([it.look(), it.look()]).toEqual([true, false]);
  expect(it.told()).toEqual(["doubt"]);
});

test("a name that was moved, written to and moved again keeps what was heard of it", () => {
  using it = fixture();
  it.hear("a", IN_CREATE, IN_MODIFY, IN_MOVED_FROM);
  it.hear("b", IN_MOVED_TO, IN_MOVED_FROM);
  it.hear("c", IN_MOVED_TO);
  expect(it.told()).toEqual([]);
  writeFileSync(it.root.join("c"), "");
  expect(it.look()).toBe(false);
  expect(it.told()).toEqual([]);
  it.hear("a", IN_CREATE, IN_MODIFY, IN_MOVED_FROM);
  it.look();
  // It went outside, where nobody can look.
  expect(it.told()).toEqual(["doubt"]);
});

test("a name that was made, and gone when looked at, is not forgotten until it is heard of", () => {
  using it = fixture();
  it.hear("f", IN_CREATE);
  expect([it.look(), it.look()]).toEqual([false, false]);
  it.hear("f", IN_MODIFY, IN_DELETE);
  expect(it.told()).toEqual(["doubt"]);
  it.hear("g", IN_CREATE);
  it.look();
  it.hear("g", IN_DELETE);
  expect([it.look(), it.told()]).toEqual([false, []]);
});

test("a file that was seen says nothing about one that had its name before", () => {
  using it = fixture();
  writeFileSync(it.root.join("f"), "");
  it.hear("f", IN_CREATE);
  it.look();
  it.hear("f", IN_MODIFY, IN_DELETE, IN_CREATE);
  expect(it.told()).toEqual(["doubt"]);
  it.look();
  // Without a second one it was this that was seen.
  it.hear("f", IN_MODIFY, IN_DELETE);
  it.look();
  it.hear("f", IN_CREATE);
  it.look();
  it.look();
  it.hear("f", IN_MODIFY, IN_DELETE, IN_CREATE);
  expect(it.told()).toEqual([]);
});

test("the second file of one name says nothing about the first", () => {
  using it = fixture();
  writeFileSync(it.root.join("f"), "");
  it.hear("f", IN_CREATE, IN_MODIFY, IN_DELETE, IN_CREATE);
  expect(it.told()).toEqual(["doubt"]);
  expect(it.look()).toBe(false);
  it.hear("f", IN_CREATE, IN_CLOSE_WRITE, IN_DELETE, IN_CREATE);
  expect(it.look()).toBe(false);
  expect(it.told()).toEqual([]);
});

test("cover() takes the names that a walk did not find for names outside, unless they are new", () => {
  using it = fixture();
  it.links.cover([
    { place: at("old"), file: seen("1"), isRecent: false },
    { place: at("new"), file: seen("2"), isRecent: true },
    { place: at("x"), file: seen("3"), isRecent: true },
    { place: at("y"), file: seen("3"), isRecent: true },
  ]);
  const known = [...it.links.entries].map(({ name, file }) => `${name} ${file.areAllKnown}`);
  expect(known).toEqual(["old true", "new false", "x true", "y true"]);
});

test("listed() keeps what is there, drops what is not, and doubts what was not known", () => {
  using it = fixture();
  it.links.cover([
    { place: at("a"), file: seen("1"), isRecent: false },
    { place: at("b"), file: seen("2"), isRecent: false },
  ]);
  it.links.listed(PARENT, new Map([["a", seen("1")]]));
  it.links.judge();
  expect(it.links.entries.namesIn(PARENT)).toEqual(["a"]);
  expect(it.told()).toEqual([]);
  it.links.listed(
    PARENT,
    new Map([
      ["a", seen("1")],
      ["c", seen("3")],
    ]),
  );
  it.links.judge();
  expect(it.links.entries.namesIn(PARENT)).toEqual(["a", "c"]);
  expect(it.told()).toEqual(["doubt"]);
});

test("forgetDirectory() lets go of all names, and says so where others of them are not known", () => {
  using it = fixture();
  it.links.cover([{ place: at("a"), file: seen("1"), isRecent: false }]);
  it.links.forgetDirectory(PARENT);
  expect(it.links.entries.count).toBe(0);
  expect(it.told()).toEqual([]);
  it.links.cover([{ place: at("a"), file: seen("1"), isRecent: true }]);
  it.links.forgetDirectory(PARENT);
  expect(it.told()).toEqual(["names"]);
  it.hear("b", IN_CREATE, IN_MODIFY);
  it.links.forgetDirectory(PARENT);
  expect(it.told()).toEqual(["doubt"]);
  expect(it.look()).toBe(false);
});

test("report() names every entry, and doubts everything where one of unknown names is held open", () => {
  using it = fixture();
  writeFileSync(it.root.join("old"), "");
  linkSync(it.root.join("old"), it.root.join("new"));
  it.hear("new", IN_CREATE);
  it.look();
  expect(it.report("old")).toEqual(["new"]);
  expect(it.told()).toEqual([]);
  expect(it.report("new")).toEqual(["new"]);
  expect(it.told()).toEqual(["doubt"]);
});

/** So long that every change is one of long ago. */
const SETTLED_AT_ONCE_MS = -60_000;

test("report() has unknown names sought once the file is left alone", () => {
  using it = fixture(SETTLED_AT_ONCE_MS);
  writeFileSync(it.root.join("old"), "");
  linkSync(it.root.join("old"), it.root.join("new"));
  it.hear("new", IN_CREATE);
  it.look();
  expect(it.report("old")).toEqual(["new"]);
  expect(it.told()).toEqual([]);
  it.report("new");
  expect(it.told()).toEqual(["seek"]);
});

test("report() has nothing sought of a file that cannot be looked at", () => {
  using it = fixture(SETTLED_AT_ONCE_MS);
  writeFileSync(it.root.join("old"), "");
  linkSync(it.root.join("old"), it.root.join("new"));
  it.hear("new", IN_CREATE);
  it.look();
  using _fault = failCall("statx", "EIO");
  it.report("new");
  expect(it.told()).toEqual(["doubt"]);
});
