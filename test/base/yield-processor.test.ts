/** Whether a process makes way, as the kernel tells it. */

import { readFileSync } from "node:fs";
import { getPriority } from "node:os";

import { expect, test } from "bun:test";

import { orUndefined } from "../../src/base/or-undefined.ts";
import { yieldABit, yieldProcessor } from "../../src/base/yield-processor.ts";

/** Waits until it is killed. */
function sleeper(isOfOwnSession: boolean) {
  const child = Bun.spawn(["sleep", "600"], { detached: isOfOwnSession });
  return {
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** Undefined where the kernel knows no groups of sessions. */
function sessionPriority(pid: number): string | undefined {
  return orUndefined(() => readFileSync(`/proc/${pid}/autogroup`, "latin1"))
    ?.split(" ")[2]
    ?.trim();
}

/** Who is not root may be refused, as somebody else has just done so. */
const hasSessionPriority = sessionPriority(process.pid) !== undefined && process.getuid?.() === 0;

test("yieldProcessor() gives a process the lowest priority", async () => {
  await using child = sleeper(true);

  yieldProcessor(child.pid);

  expect(getPriority(child.pid)).toBe(19);
});

test("yieldABit() leaves a process more than nothing", async () => {
  await using child = sleeper(true);
  const before = sessionPriority(child.pid);

  yieldABit(child.pid);

  expect(getPriority(child.pid)).toBe(10);
  expect(sessionPriority(child.pid)).toBe(before);
});

test.if(hasSessionPriority)(
  "yieldProcessor() gives it to a session of its own, or it would count for nothing",
  async () => {
    await using child = sleeper(true);

    yieldProcessor(child.pid);

    expect(sessionPriority(child.pid)).toBe("19");
  },
);

test.if(hasSessionPriority)("yieldProcessor() leaves our own session alone", async () => {
  const before = sessionPriority(process.pid);
  await using child = sleeper(false);

  yieldProcessor(child.pid);

  expect(getPriority(child.pid)).toBe(19);
  expect(sessionPriority(process.pid)).toBe(before);
});

test("yieldProcessor() does nothing for a process that has ended", async () => {
  const child = Bun.spawn(["true"], { detached: true });
  await child.exited;

  expect(() => {
    yieldProcessor(child.pid);
  }).not.toThrow();
});
