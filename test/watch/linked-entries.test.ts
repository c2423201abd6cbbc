/** The picture of the entries with several names. */

import { expect, test } from "bun:test";

import type { WatchDescriptor } from "../../src/base/brands.ts";
import { LINKS_UNKNOWN, type LinkedFile } from "../../src/ffi/file-links.ts";
import { DirectoryNode } from "../../src/watch/directory-tree.ts";
import { LinkedEntries } from "../../src/watch/linked-entries.ts";

const A = new DirectoryNode("a", 1 as WatchDescriptor);
const B = new DirectoryNode("b", 2 as WatchDescriptor);

function file(identity: string, links: number): LinkedFile {
  return { identity, links, changedAtMs: 1 };
}

test("set() knows the names of one file as such, and counts names", () => {
  const entries = new LinkedEntries();
  const one = entries.set({ parent: A, name: "x" }, file("1", 2));
  const other = entries.set({ parent: B, name: "x" }, file("1", 3));
  entries.set({ parent: B, name: "y" }, file("2", 2));
  expect(other.file).toBe(one.file);
  expect(one.file).toMatchObject({ known: 2, links: 3, areAllKnown: false });
  expect(entries.count).toBe(3);
  expect([...entries].map(({ parent, name }) => `${parent.name}/${name}`)).toEqual([
    "a/x",
    "b/x",
    "b/y",
  ]);
  expect(entries.namesIn(B)).toEqual(["x", "y"]);
});

test("set() of the same name again counts once; another file there takes its place", () => {
  const entries = new LinkedEntries();
  const place = { parent: A, name: "x" };
  const { file: first } = entries.set(place, file("1", 2));
  expect(entries.set(place, file("1", 2)).file).toBe(first);
  expect(first.known).toBe(1);
  const { file: second } = entries.set(place, file("2", 2));
  expect([first.known, second.known, entries.count]).toEqual([0, 1, 1]);
});

test("delete() leaves a file without a name known until dropNameless()", () => {
  const entries = new LinkedEntries();
  const place = { parent: A, name: "x" };
  const before = entries.set(place, file("1", 2)).file;
  entries.delete(place);
  entries.delete(place);
  expect(entries.count).toBe(0);
  expect(entries.set({ parent: B, name: "y" }, file("1", 2)).file).toBe(before);
  entries.dropNameless();
  expect(entries.set(place, file("1", 2)).file).toBe(before);
  entries.delete(place);
  entries.delete({ parent: B, name: "y" });
  entries.dropNameless();
  expect(entries.set(place, file("1", 2)).file).not.toBe(before);
});

test("files whose names could not be counted have nothing to do with each other", () => {
  const entries = new LinkedEntries();
  const one = entries.set({ parent: A, name: "x" }, file("", LINKS_UNKNOWN));
  const other = entries.set({ parent: A, name: "y" }, file("", LINKS_UNKNOWN));
  expect(one.file).not.toBe(other.file);
  expect(one.file.links).toBe(Number.POSITIVE_INFINITY);
});
