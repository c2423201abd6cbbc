/** The history, against a list that forgets nothing. */

import { describe, expect, test } from "bun:test";

import type { BytePath, Generation } from "../../src/base/brands.ts";
import { History } from "../../src/monitor/history.ts";

const FIRST = 1 as Generation;

function historyOf(batches: readonly (readonly string[])[], pathsMax?: number): History {
  const history = new History(FIRST, pathsMax);
  for (const batch of batches) {
    for (const path of batch) {
      history.record(path as BytePath);
    }
    history.seal();
  }
  return history;
}

function since(history: History, generation: number): string[] | undefined {
  return history.changesSince(generation as Generation)?.toSorted();
}

describe("History", () => {
  test("changesSince() returns each path once, from the token's generation on", () => {
    const history = historyOf([["a", "b"], ["b", "c"], ["a"]]);
    expect(history.generation).toBe(4 as Generation);
    expect(since(history, 1)).toEqual(["a", "b", "c"]);
    expect(since(history, 2)).toEqual(["a", "b", "c"]);
    expect(since(history, 3)).toEqual(["a"]);
    expect(since(history, 4)).toEqual([]);
  });

  test("changesSince() is undefined before the first and after the newest generation", () => {
    const history = historyOf([["a"]]);
    expect(since(history, 0)).toBeUndefined();
    expect(since(history, 3)).toBeUndefined();
  });

  test("seal() with nothing recorded makes no generation (P8)", () => {
    const history = historyOf([["a"]]);
    expect(history.seal()).toBeUndefined();
    expect(history.generation).toBe(2 as Generation);
  });

  test("beyond its bound it gives up the older half, and says so by the oldest generation", () => {
    const batches = Array.from({ length: 12 }, (_, i) => [`f${i}`]);
    const history = historyOf(batches, 10);
    expect(history.size).toBeLessThanOrEqual(10);
    expect(history.oldestGeneration).toBeGreaterThan(1);
    expect(since(history, 1)).toBeUndefined();
    expect(since(history, history.oldestGeneration)).toEqual(
      batches
        .slice(history.oldestGeneration - 1)
        .flat()
        .toSorted(),
    );
  });

  test("a single generation beyond the bound is not answered", () => {
    const history = historyOf([["first"]], 100);
    const before = history.generation;
    for (let i = 0; i < 1000; i += 1) {
      history.record(`f${i}` as BytePath);
    }
    history.seal();
    expect(since(history, before)).toBeUndefined();
    expect(since(history, history.generation)).toEqual([]);
    expect(history.size).toBeLessThanOrEqual(100);
  });

  test("forgetOlderHalf() gives up whole generations, and answers the rest as before", () => {
    const history = historyOf([["a"], ["b", "c", "d"], ["e"], ["f"]]);
    history.record("open" as BytePath);
    history.forgetOlderHalf();
    history.seal();
    expect(since(history, 1)).toBeUndefined();
    expect(since(history, 2)).toBeUndefined();
    expect(since(history, 3)).toEqual(["e", "f", "open"]);
    expect(since(history, history.generation)).toEqual([]);
  });

  test("forgetOlderHalf() again and again leaves nothing, and the newest token its answer", () => {
    const history = historyOf([["a"], ["b"], ["c"]]);
    for (let i = 0; i < 5; i += 1) {
      history.forgetOlderHalf();
    }
    expect(history.size).toBe(0);
    expect(since(history, history.generation - 1)).toBeUndefined();
    expect(since(history, history.generation)).toEqual([]);
    history.record("d" as BytePath);
    history.seal();
    expect(since(history, history.generation - 1)).toEqual(["d"]);
  });

  test("forgetAll() leaves no earlier token an answer, and later ones theirs", () => {
    const history = historyOf([["a"], ["b"]]);
    history.record("open" as BytePath);
    const before = history.generation;
    history.forgetAll();
    expect(history.seal()).toBeUndefined();
    expect(since(history, before)).toBeUndefined();
    expect(since(history, history.generation)).toEqual([]);
    const after = history.generation;
    history.record("c" as BytePath);
    history.seal();
    expect(since(history, before)).toBeUndefined();
    expect(since(history, after)).toEqual(["c"]);
    expect(history.size).toBe(1);
  });

  test("generations() yields what a new log needs to answer the same questions", () => {
    const history = historyOf([["a", "b"], ["b"], ["c"]]);
    expect([...history.generations()]).toEqual([
      { generation: 2, paths: ["a"] },
      { generation: 3, paths: ["b"] },
      { generation: 4, paths: ["c"] },
    ] as never);
  });

  test("a path that changes 100,000 times takes the room of one", () => {
    const history = historyOf([["other"]]);
    for (let i = 0; i < 100_000; i += 1) {
      history.record("a" as BytePath);
      history.seal();
    }
    expect(history.size).toBe(2);
    expect(since(history, 2)).toEqual(["a"]);
    expect(since(history, history.generation - 1)).toEqual(["a"]);
    expect(since(history, 1)).toEqual(["a", "other"]);
  });

  test("agrees with a list that forgets nothing, over 300 random histories", () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      compareWithList(seed);
    }
  });
});

function compareWithList(seed: number): void {
  let state = seed * 2_654_435_761;
  const random = (below: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) | 0;
    return (state >>> 0) % below;
  };
  const history = new History(FIRST, 40);
  const records: { generation: number; path: string }[] = [];
  for (let step = 0; step < 120; step += 1) {
    for (let i = random(6); i > 0; i -= 1) {
      const path = `p${random(60)}`;
      history.record(path as BytePath);
      records.push({ generation: history.generation + 1, path });
    }
    history.seal();
    if (random(20) === 0) {
      history.forgetOlderHalf();
    }
    const asked = random(history.generation + 2);
    const answer = since(history, asked);
    if (answer !== undefined) {
      const expected = new Set(
        records.filter(({ generation }) => generation > asked).map(({ path }) => path),
      );
      expect(answer).toEqual([...expected].toSorted());
    } else {
      expect(asked < history.oldestGeneration || asked > history.generation).toBe(true);
    }
  }
}
