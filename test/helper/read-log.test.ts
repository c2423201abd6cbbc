/** The helper's first way, against logs in every state. */

import { expect, test } from "bun:test";
import { mkdirSync, statSync } from "node:fs";

import type { Epoch, Generation } from "../../src/base/brands.ts";
import { COOKIE_WAIT_MS } from "../../src/base/limits.ts";
import type { GitDirectory } from "../../src/helper/git-directory.ts";
import { answerFromLog } from "../../src/helper/read-log.ts";
import {
  type LogState,
  STATE_ANSWERS,
  STATE_ANSWERS_OWN_INDEX,
  STATE_RETIRED,
  STATE_UNKNOWN,
} from "../../src/log/layout.ts";
import { LogWriter } from "../../src/log/writer.ts";
import { medianMs } from "../support/median-ms.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

const EPOCH = "00000000000000aa";

/** A worktree with a log in this state, and nobody who acknowledges. */
function withLog(dir: TempDir, state: LogState, oldestDirect = 0): GitDirectory {
  mkdirSync(dir.join(".git/gity/cookies"), { recursive: true });
  const { dev, ino } = statSync(dir.path, { bigint: true });
  const origin = { bootId: "0011223344556677", root: { device: dev, inode: ino } };
  const claim = {
    state,
    epoch: EPOCH as Epoch,
    generation: 5 as Generation,
    oldestGeneration: 3 as Generation,
    oldestDirectGeneration: oldestDirect as Generation,
  };
  new LogWriter(dir.join(".git/gity/log"), { origin, claim, batches: [] })[Symbol.dispose]();
  return { path: dir.join(".git"), worktree: dir.path, isNamed: false, isOwnIndex: true };
}

function answer(directory: GitDirectory, token: string): string | undefined {
  const bytes = answerFromLog(`${directory.path}/gity`, directory, token);
  return bytes && Buffer.from(bytes).toString("latin1");
}

test("answerFromLog() of an unknown state is everything, with the token the log names", () => {
  using dir = tempDir("read");
  const directory = withLog(dir, STATE_UNKNOWN);
  expect(answer(directory, `gity:${EPOCH}:4`)).toBe(`gity:${EPOCH}:5:l\0/\0`);
});

test("answerFromLog() needs no cookie for a token it cannot answer", () => {
  using dir = tempDir("read");
  const directory = withLog(dir, STATE_ANSWERS);
  const everything = `gity:${EPOCH}:5:l\0/\0`;
  expect(answer(directory, `gity:${EPOCH}:2`)).toBe(everything);
  expect(answer(directory, "gity:00000000000000bb:5")).toBe(everything);
  expect(answer(directory, "builtin:fake")).toBe(everything);
});

test("answerFromLog() of a retired log throws, without an acknowledgement it leaves it to the socket", () => {
  using dir = tempDir("read");
  const retired = withLog(dir, STATE_RETIRED);
  expect(() => answer(retired, `gity:${EPOCH}:5`)).toThrow("nobody writes the log");
  expect(answer(withLog(dir, STATE_ANSWERS), `gity:${EPOCH}:5`)).toBeUndefined();
});

test("E8 answerFromLog() for another index is everything while directories are excluded", () => {
  using dir = tempDir("read");
  const own = withLog(dir, STATE_ANSWERS_OWN_INDEX);
  // Nobody acknowledges here: an answer that is given at all is "everything".
  expect(answer(own, `gity:${EPOCH}:5`)).toBeUndefined();
  const everything = `gity:${EPOCH}:5:l\0/\0`;
  expect(answer({ ...own, isOwnIndex: false }, `gity:${EPOCH}:5`)).toBe(everything);
  expect(answer({ ...own, isOwnIndex: false }, `gity:${EPOCH}:5:l`)).toBe(everything);
  const all = withLog(dir, STATE_ANSWERS);
  expect(answer({ ...all, isOwnIndex: false }, `gity:${EPOCH}:5`)).toBeUndefined();
});

test("S1 answerFromLog() leaves tokens from before a restart to the socket, which knows the index", async () => {
  using dir = tempDir("read");
  const directory = withLog(dir, STATE_ANSWERS, 5);
  const waitMs = await medianMs(() => {
    expect(answer(directory, `gity:${EPOCH}:4`)).toBeUndefined();
  });
  expect(waitMs).toBeLessThan(COOKIE_WAIT_MS);
  expect(answer(directory, `gity:${EPOCH}:2`)).toBe(`gity:${EPOCH}:5:l\0/\0`);
});

test("answerFromLog() of another root is everything", () => {
  using dir = tempDir("read");
  using other = tempDir("other");
  const directory = { ...withLog(dir, STATE_ANSWERS), worktree: other.path };
  expect(answer(directory, `gity:${EPOCH}:5`)).toMatch(/^gity:[0-9a-f]{16}:0:l\0\/\0$/);
});
