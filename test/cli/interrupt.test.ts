/** Ctrl-C, and an end without it; as processes are concerned, in cli/commands/events.test.ts. */

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { untilInterrupted } from "../../src/cli/interrupt.ts";
import { rejection } from "../support/rejection.ts";

const isRead = async (): Promise<boolean> => true;

test("untilInterrupted() ends with the work, or with the code of an interruption", async () => {
  expect(await untilInterrupted(async () => 0, isRead)).toBe(0);
  expect(await untilInterrupted(async () => 9)).toBe(9);
  for (const [signalName, exitCode] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const]) {
    const interrupted = untilInterrupted(async (signal) => {
      process.emit(signalName);
      expect(signal.aborted).toBe(true);
      throw new GityError("INTERRUPTED", "interrupted");
    }, isRead);
    // oxlint-disable-next-line no-await-in-loop
    expect(await interrupted).toBe(exitCode);
  }
  expect([process.listenerCount("SIGINT"), process.listenerCount("SIGTERM")]).toEqual([0, 0]);
});

test("untilInterrupted() ends with 0 once nobody reads", async () => {
  let isGone = false;
  const unread = untilInterrupted(
    async (signal) => {
      isGone = true;
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
      });
      return 0;
    },
    async () => !isGone,
  );
  expect(await unread).toBe(0);
});

test("untilInterrupted() passes on what went wrong", async () => {
  const error = new GityError("DAEMON_FAILED", "no");
  const failing = untilInterrupted(async () => {
    throw error;
  }, isRead);
  expect(await rejection(failing)).toBe(error);
});
