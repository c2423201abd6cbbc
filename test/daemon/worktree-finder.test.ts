/** Looking for worktrees that git is about to make. */

import { expect, test } from "bun:test";

import { WORKTREE_LOOKS_MS } from "../../src/base/limits.ts";
import { WorktreeFinder } from "../../src/daemon/worktree-finder.ts";
import { eventually } from "../support/eventually.ts";

test("WorktreeFinder looks until nothing more is to be expected", async () => {
  const looks: number[] = [];
  using finder = new WorktreeFinder(async (repositoryId) => {
    looks.push(repositoryId);
    return looks.length === 2;
  });
  finder.look(7);
  await eventually(() => looks.length === 2);
  finder.look(8);
  await eventually(() => looks.length >= 3);
  expect(looks.slice(0, 3)).toEqual([7, 7, 8]);
});

test("WorktreeFinder gives up after the last look", async () => {
  let looks = 0;
  using finder = new WorktreeFinder(async () => {
    looks += 1;
    return false;
  });
  finder.look(7);
  await eventually(() => looks === WORKTREE_LOOKS_MS.length);
  finder.look(7);
  await eventually(() => looks === WORKTREE_LOOKS_MS.length + 1);
});

test("WorktreeFinder looks no more once it has ended", async () => {
  const looks: string[] = [];
  const ended = new WorktreeFinder(async () => looks.push("ended") > 0);
  ended[Symbol.dispose]();
  ended.look(7);
  using finder = new WorktreeFinder(async () => looks.push("at work") > 0);
  finder.look(7);
  await eventually(() => looks.includes("at work"));
  expect(looks).toEqual(["at work"]);
});
