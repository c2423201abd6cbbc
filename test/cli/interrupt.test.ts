/** Ctrl-C, and an end without it; as processes are concerned, in cli/commands/events.test.ts. */

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { untilInterrupted } from "../../src/cli/interrupt.ts";
import { rejection } from "../support/rejection.ts";

test("untilInterrupted() ends with the work, or with the code of an interruption", async () => {
  expect(await untilInterrupted(async () => undefined)).toBe(0);
  expect(await untilInterrupted(async () => 9)).toBe(9);
  const interrupted = untilInterrupted(async (signal) => {
    process.emit("SIGINT");
    expect(signal.aborted).toBe(true);
    throw new GityError("INTERRUPTED", "interrupted");
  });
  expect(await interrupted).toBe(130);
  expect([process.listenerCount("SIGINT"), process.listenerCount("SIGTERM")]).toEqual([0, 0]);
});

test("untilInterrupted() passes on what went wrong", async () => {
  const error = new GityError("DAEMON_FAILED", "no");
  const failing = untilInterrupted(async () => {
    throw error;
  });
  expect(await rejection(failing)).toBe(error);
});
