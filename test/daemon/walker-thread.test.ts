/** Walkers: Workers that cover one tree and end. */

import { expect, test } from "bun:test";

import { transferList, walkTree } from "../../src/daemon/walker-thread.ts";

const WALKER = new URL("./fake-walker.ts", import.meta.url);

test("walkTree() resolves with the table, and tells of progress before", async () => {
  const progress: number[] = [];

  const result = await walkTree(WALKER, { root: "/a", inotifyFd: -1, excluded: [] }, (count) =>
    progress.push(count),
  );

  expect(result).toMatchObject({ kind: "table", table: { count: 5 } });
  expect(progress).toEqual([2]);
  expect(transferList(result)).toHaveLength(4);
});

test("walkTree() of a walker that dies is a walk that failed", async () => {
  const result = await walkTree(WALKER, { root: "/broken", inotifyFd: -1, excluded: [] }, () => {});

  expect(result).toEqual({ kind: "failed", syscall: "walker", errno: 5, path: "/broken" });
  expect(transferList(result)).toEqual([]);
});
