/** Walkers: Workers that cover one tree and end. */

import { expect, test } from "bun:test";

import { transferList, walkTree } from "../../src/daemon/walker-thread.ts";

const WALKER = new URL("./fake-walker.ts", import.meta.url);
const REQUEST = { inotifyFd: -1, excluded: [], before: undefined };

test("walkTree() resolves with the table, and tells of progress before", async () => {
  const progress: number[] = [];

  const result = await walkTree(WALKER, { root: "/a", ...REQUEST }, (count) =>
    progress.push(count),
  );

  expect(result).toMatchObject({ kind: "table", table: { count: 5 } });
  expect(progress).toEqual([2]);
  const { table } = result as Extract<typeof result, { kind: "table" }>;
  expect(transferList({ kind: "table", table, catchUp: undefined })).toHaveLength(4);
});

test("walkTree() of a walker that dies is a walk that failed", async () => {
  const result = await walkTree(WALKER, { root: "/broken", ...REQUEST }, () => {});

  expect(result).toEqual({ kind: "failed", syscall: "walker", errno: 5, path: "/broken" });
  expect(transferList(result as Extract<typeof result, { kind: "failed" }>)).toEqual([]);
});
