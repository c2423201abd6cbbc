/** Some pieces of work at a time. */

import { expect, test } from "bun:test";

import { LimitedQueue } from "../../src/daemon/limited-queue.ts";
import { rejection } from "../support/rejection.ts";

test("LimitedQueue.run() lets as many go on as it may, in order, and all in the end", async () => {
  const queue = new LimitedQueue(3);
  const gates = Array.from({ length: 10 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const all = gates.map(({ promise }, i) =>
    queue.run(async () => {
      begun.push(i);
      running += 1;
      most = Math.max(most, running);
      await promise;
      running -= 1;
      return i;
    }),
  );
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of gates) {
    resolve();
  }
  expect(await Promise.all(all)).toEqual([...gates.keys()]);
  expect(begun).toEqual([...gates.keys()]);
  expect({ running, most }).toEqual({ running: 0, most: 3 });
});

test("LimitedQueue.run() fails its caller only, and its place is free again", async () => {
  const queue = new LimitedQueue(1);
  const failed = queue.run(async () => {
    throw new TypeError("no");
  });
  const done = queue.run(async () => 1);
  expect(await rejection(failed)).toMatchObject({ message: "no" });
  expect(await done).toBe(1);
});
