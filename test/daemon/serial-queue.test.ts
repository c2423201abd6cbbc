/** One piece of work after the other. */

import { expect, test } from "bun:test";

import { SerialQueue } from "../../src/daemon/serial-queue.ts";
import { rejection } from "../support/rejection.ts";

test("SerialQueue.run() begins one when the one before has ended", async () => {
  const queue = new SerialQueue();
  const gate = Promise.withResolvers<void>();
  const steps: string[] = [];

  const first = queue.run(async () => {
    steps.push("first begins");
    await gate.promise;
    steps.push("first ends");
  });
  const second = queue.run(async () => {
    steps.push("second");
  });
  gate.resolve();
  await Promise.all([first, second]);

  expect(steps).toEqual(["first begins", "first ends", "second"]);
});

test("SerialQueue.run() fails its caller only", async () => {
  const queue = new SerialQueue();
  const failed = queue.run(async () => {
    throw new TypeError("no");
  });
  const done = queue.run(async () => 1);

  expect(await rejection(failed)).toMatchObject({ message: "no" });
  expect(await done).toBe(1);
  await queue.drained();
});
