/** Waiting for others who do the same. */

import { expect, test } from "bun:test";

import { GityError } from "../../../src/base/errors.ts";
import { type OwnTurn, unlessOthersKeepIt } from "../../../src/cli/worktree/others-turn.ts";
import { eventually } from "../../support/eventually.ts";
import { rejection } from "../../support/rejection.ts";

/** Waits for a turn that never comes. */
async function waiting({ signal }: OwnTurn): Promise<never> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) {
    resolve();
  }
  signal.addEventListener("abort", () => {
    resolve();
  });
  await promise;
  throw new GityError("INTERRUPTED", "interrupted");
}

/** For twice as long as others are waited for in silence. */
async function working({ progressed, signal }: OwnTurn): Promise<string> {
  const endsAtMs = performance.now() + 400;
  await eventually(() => {
    progressed();
    return performance.now() >= endsAtMs;
  });
  return signal.aborted ? "ended" : "done";
}

function turn(saidMs: number, waitMsMax: number, signal = new AbortController().signal) {
  const said: string[] = [];
  return { said, saidMs, waitMsMax, signal, onOthers: () => said.push("others") };
}

test("unlessOthersKeepIt() says that others are at work, and leaves it to them in the end", async () => {
  const others = turn(200, 400);

  expect(await unlessOthersKeepIt(waiting, others)).toBeUndefined();
  expect(others.said).toEqual(["others", "others", "others"]);
});

test("unlessOthersKeepIt() lets work that goes on alone, and gives its result", async () => {
  const others = turn(200, 0);
  expect(await unlessOthersKeepIt(working, others)).toBe("done");
  expect(others.said).toEqual([]);
});

test("unlessOthersKeepIt() counts no time in which nothing else could run", async () => {
  const others = turn(200, 0);

  await unlessOthersKeepIt(async () => {
    const endsAtMs = performance.now() + 500;
    while (performance.now() < endsAtMs) {
      // Measuring a large directory.
    }
  }, others);

  expect(others.said).toEqual([]);
});

test("unlessOthersKeepIt() is interrupted by its signal, and throws what the work throws", async () => {
  const failed = new GityError("SHARE_FAILED", "no");

  expect(
    await rejection(unlessOthersKeepIt(waiting, turn(100, 100, AbortSignal.abort()))),
  ).toMatchObject({
    code: "INTERRUPTED",
  });
  expect(await rejection(unlessOthersKeepIt(() => Promise.reject(failed), turn(100, 100)))).toBe(
    failed,
  );
});
