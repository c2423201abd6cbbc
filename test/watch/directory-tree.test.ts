/** The tree of directories, without a kernel behind it. */

import { expect, test } from "bun:test";

import type { WatchDescriptor } from "../../src/base/brands.ts";
import { DirectoryTree } from "../../src/watch/directory-tree.ts";

const wd = (number: number): WatchDescriptor => number as WatchDescriptor;

function sample(): DirectoryTree {
  const tree = new DirectoryTree(wd(1));
  const a = tree.add(tree.root, "a", wd(2));
  const b = tree.add(a, "b", wd(3));
  tree.add(b, "c", wd(4));
  tree.add(tree.root, "z", wd(5));
  return tree;
}

test("path() follows the parents, and the root's is empty", () => {
  const tree = sample();
  expect([1, 2, 3, 4, 5].map((number) => tree.path(tree.byWatch(wd(number))!))).toEqual([
    "",
    "a",
    "a/b",
    "a/b/c",
    "z",
  ] as never);
  expect(tree.entryPath(tree.root, "f")).toBe("f" as never);
  expect(tree.entryPath(tree.byWatch(wd(3))!, "f")).toBe("a/b/f" as never);
});

test("attach() after detach() moves everything below at once", () => {
  const tree = sample();
  const a = tree.byWatch(wd(2))!;
  const c = tree.byWatch(wd(4))!;
  expect(tree.path(c)).toBe("a/b/c" as never);
  tree.detach(a);
  expect(tree.isAttached(c)).toBe(false);
  tree.attach(a, tree.byWatch(wd(5))!, "moved");
  expect(tree.isAttached(c)).toBe(true);
  expect(tree.path(c)).toBe("z/moved/b/c" as never);
  expect(tree.child(tree.root, "a")).toBeUndefined();
});

test("remove() forgets the node and all below, and names their descriptors", () => {
  const tree = sample();
  const removed: number[] = [];
  tree.remove(tree.byWatch(wd(3))!, (node) => removed.push(node.wd));
  expect(removed.toSorted((a, b) => a - b)).toEqual([3, 4]);
  expect(tree.size).toBe(3);
  expect(tree.byWatch(wd(4))).toBeUndefined();
  expect(tree.byWatch(wd(2))!.children).toBeUndefined();
});

test("isSameOrBelow() looks upwards", () => {
  const tree = sample();
  const [a, c, z] = [2, 4, 5].map((number) => tree.byWatch(wd(number))!);
  expect(tree.isSameOrBelow(c!, a!)).toBe(true);
  expect(tree.isSameOrBelow(a!, a!)).toBe(true);
  expect(tree.isSameOrBelow(a!, c!)).toBe(false);
  expect(tree.isSameOrBelow(z!, a!)).toBe(false);
});

test("add() and attach() refuse what would make the tree lie", () => {
  const tree = sample();
  expect(() => tree.add(tree.root, "again", wd(2))).toThrow("belongs to one node");
  expect(() => tree.add(tree.root, "a", wd(9))).toThrow("stands for one directory");
  expect(() => tree.attach(tree.root, tree.byWatch(wd(2))!, "x")).toThrow("detached");
});

test("forEachBelow() visits 200,000 children of one directory", () => {
  const tree = new DirectoryTree(wd(1));
  for (let i = 0; i < 200_000; i += 1) {
    tree.add(tree.root, `d${i}`, wd(i + 2));
  }
  let visited = 0;
  tree.forEachBelow(tree.root, () => {
    visited += 1;
  });
  expect(visited).toBe(200_001);
});
