/** The table a walker hands over. */

import { expect, test } from "bun:test";

import { tableBuffers } from "../../src/watch/directory-table.ts";

test("tableBuffers() names every buffer of a table once, so that none is copied", () => {
  const table = {
    count: 1,
    parents: Int32Array.of(0),
    watchDescriptors: Int32Array.of(1),
    nameEnds: Int32Array.of(0),
    names: new Uint8Array(0),
    links: [],
    nested: [],
    unfinished: [],
    hasRefused: false,
    walkMs: 1,
    watchMs: 1,
  };
  const buffers = tableBuffers(table);
  expect(new Set(buffers).size).toBe(4);
  const moved = structuredClone(table, { transfer: buffers });
  expect(moved.watchDescriptors).toEqual(Int32Array.of(1));
  expect(table.parents.length).toBe(0);
});
