/** Snapshots as bytes. */

import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";

import { decodeSnapshot, encodeSnapshot, type Snapshot } from "../../src/watch/snapshot.ts";
import { walk } from "../../src/watch/walk.ts";
import { tempDir } from "../support/temp-dir.ts";

const SETTLED = { settlingMs: -60_000 };

function snapshotOf(root: string, settlingMs = SETTLED.settlingMs): Snapshot {
  return walk(root, undefined, { settlingMs }).snapshot;
}

function makeTree(root: string): void {
  mkdirSync(`${root}/a/b`, { recursive: true });
  mkdirSync(`${root}/empty`);
  writeFileSync(`${root}/f`, "1");
  writeFileSync(`${root}/a/b/g`, "2");
  writeFileSync(`${root}/a/b/h`, "3");
}

function plain(one: Snapshot | undefined): string[] {
  return Object.entries(one ?? {})
    .map(([name, column]: [string, number | Iterable<number>]) => {
      const values = typeof column === "number" ? [column] : Array.from(column);
      return `${name} ${values.join()}`;
    })
    .toSorted();
}

test("a snapshot comes back from its bytes as it was", () => {
  using root = tempDir("snapshot");
  makeTree(root.path);
  const snapshot = snapshotOf(root.path);
  expect([snapshot.directories, snapshot.fileDigests.length / 2, snapshot.unsettled]).toEqual([
    4, 3, 0,
  ]);
  const back = decodeSnapshot(encodeSnapshot(snapshot));
  expect(plain(back).length).toBe(10);
  expect(plain(back)).toEqual(plain(snapshot));
});

test("[S1] what has just changed has no digest", () => {
  using root = tempDir("snapshot");
  makeTree(root.path);
  const { unsettled, directories } = snapshotOf(root.path, 60_000);
  expect([unsettled, directories]).toEqual([7, 4]);
});

test("an empty tree has a snapshot, too", () => {
  using root = tempDir("snapshot");
  const back = decodeSnapshot(encodeSnapshot(snapshotOf(root.path)));
  expect([back?.directories, back?.fileNames.length]).toEqual([1, 0]);
});

test("S2 bytes that were cut, or of which one bit is another, are no snapshot", () => {
  using root = tempDir("snapshot");
  makeTree(root.path);
  const whole = encodeSnapshot(snapshotOf(root.path));
  for (let length = 0; length < whole.length; length += 1) {
    expect(decodeSnapshot(whole.subarray(0, length))).toBeUndefined();
  }
  for (let bit = 0; bit < 8 * whole.length; bit += 1) {
    const flipped = Uint8Array.from(whole);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    expect(decodeSnapshot(flipped)).toBeUndefined();
  }
});
