/** For how long repositories have been left alone. */

import { expect, test } from "bun:test";

import { ActivityWatch } from "../../src/jobs/activity.ts";

const NEVER = { queries: 0, eventAgeMs: null };

test("ActivityWatch takes what it sees for the first time for just used", () => {
  const watch = new ActivityWatch();

  expect(watch.look("a", { queries: 7, eventAgeMs: 50_000 }, 1_000)).toEqual({
    quietMs: 0,
    unchangedMs: 0,
  });
  expect(watch.look("b", NEVER, 1_000)).toEqual({ quietMs: 0, unchangedMs: 0 });
});

test("ActivityWatch counts from the look at which somebody had asked", () => {
  const watch = new ActivityWatch();
  watch.look("a", NEVER, 1_000);

  expect(watch.look("a", NEVER, 5_000)).toEqual({ quietMs: 4_000, unchangedMs: 4_000 });
  expect(watch.look("a", { ...NEVER, queries: 1 }, 6_000)).toEqual({
    quietMs: 0,
    unchangedMs: 5_000,
  });
  expect(watch.look("a", { ...NEVER, queries: 1 }, 6_500)).toEqual({
    quietMs: 500,
    unchangedMs: 5_500,
  });
});

test("ActivityWatch counts from the last change, where that is later", () => {
  const watch = new ActivityWatch();
  watch.look("a", { queries: 0, eventAgeMs: 10 }, 1_000);

  expect(watch.look("a", { queries: 0, eventAgeMs: 300 }, 9_000)).toEqual({
    quietMs: 300,
    unchangedMs: 300,
  });
  expect(watch.look("a", { queries: 0, eventAgeMs: 90_000 }, 10_000)).toEqual({
    quietMs: 9_000,
    unchangedMs: 9_000,
  });
});

test("ActivityWatch takes counters that begin again for a question", () => {
  const watch = new ActivityWatch();
  watch.look("a", { queries: 9, eventAgeMs: null }, 0);

  expect(watch.look("a", NEVER, 8_000).quietMs).toBe(0);
});

test("ActivityWatch keeps repositories apart, and forgets", () => {
  const watch = new ActivityWatch();
  watch.look("a", NEVER, 0);
  watch.look("b", NEVER, 3_000);
  expect(watch.look("b", NEVER, 4_000).quietMs).toBe(1_000);
  watch.forget("a");

  expect(watch.look("a", NEVER, 9_000)).toEqual({ quietMs: 0, unchangedMs: 0 });
  expect(watch.look("b", NEVER, 9_000).quietMs).toBe(6_000);
});

/** Below `max`; the same for the same seed. */
function random(max: number, seed: number): number {
  return Number(Bun.hash(String(seed)) % BigInt(max));
}

test("ActivityWatch never says more than is true, whatever happens between its looks", () => {
  const watch = new ActivityWatch();
  let [nowMs, queries, lastQuestionMs, lastChangeMs] = [0, 0, 0, 0];
  for (let step = 0; step < 2_000; step += 1) {
    nowMs += random(100, step);
    if (random(5, step + 10_000) === 0) {
      queries += 1;
      lastQuestionMs = nowMs;
    }
    if (random(7, step + 20_000) === 0) {
      lastChangeMs = nowMs;
    }
    if (random(3, step + 30_000) === 0) {
      const told = watch.look("a", { queries, eventAgeMs: nowMs - lastChangeMs }, nowMs);
      expect(told.unchangedMs).toBeLessThanOrEqual(nowMs - lastChangeMs);
      expect(told.quietMs).toBeLessThanOrEqual(nowMs - Math.max(lastQuestionMs, lastChangeMs));
      expect(told.quietMs).toBeGreaterThanOrEqual(0);
    }
  }
});
