/** Signs of linked worktrees that come and go. */

import { expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";

import { WorktreeLists } from "../../src/monitor/worktree-lists.ts";
import { PlaceWatch } from "../../src/watch/place-watch.ts";
import { tempDir } from "../support/temp-dir.ts";

function watched() {
  const dir = tempDir("lists");
  const places = new PlaceWatch();
  const changed: number[] = [];
  const lists = new WorktreeLists(places, (id) => changed.push(id));
  return {
    dir,
    lists,
    /** Which repositories changed since the last call. */
    changes: (): number[] => {
      places.drain();
      return [...new Set(changed.splice(0))];
    },
    [Symbol.dispose]: () => {
      places[Symbol.dispose]();
      dir[Symbol.dispose]();
    },
  };
}

test("WorktreeLists notices the first worktree, the next, and the last that goes", () => {
  using repository = watched();
  const { dir, lists, changes } = repository;
  lists.add(7, dir.path);
  lists.add(7, dir.path);
  writeFileSync(dir.join("index.lock"), "");
  expect(changes()).toEqual([]);
  mkdirSync(dir.join("worktrees/a"), { recursive: true });
  expect(changes()).toEqual([7]);
  mkdirSync(dir.join("worktrees/b"));
  expect(changes()).toEqual([7]);
  rmSync(dir.join("worktrees"), { recursive: true });
  expect(changes()).toEqual([7]);
  mkdirSync(dir.join("worktrees/c"), { recursive: true });
  expect(changes()).toEqual([7]);
});

test("WorktreeLists tells repositories apart, and forgets one", () => {
  using repository = watched();
  const { dir, lists, changes } = repository;
  for (const name of ["one/worktrees", "two"]) {
    mkdirSync(dir.join(name), { recursive: true });
  }
  lists.add(1, dir.join("one"));
  lists.add(2, dir.join("two"));
  lists.add(3, dir.join("missing"));
  mkdirSync(dir.join("one/worktrees/x"));
  expect(changes()).toEqual([1]);
  lists.remove(1);
  mkdirSync(dir.join("one/worktrees/y"));
  mkdirSync(dir.join("two/worktrees"));
  expect(changes()).toEqual([2]);
  rmSync(dir.join("two"), { recursive: true });
  expect(changes()).toEqual([2]);
});
