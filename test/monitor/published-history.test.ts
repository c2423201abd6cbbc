/** History and log together: both ways give the same answers. */

import { expect, test } from "bun:test";
import { closeSync, existsSync, fstatSync, readdirSync, rmSync, statSync } from "node:fs";

import type { BytePath } from "../../src/base/brands.ts";
import { HISTORY_PATHS_MAX } from "../../src/base/limits.ts";
import {
  STATE_ANSWERS,
  STATE_ANSWERS_OWN_INDEX,
  STATE_RETIRED,
  STATE_UNKNOWN,
} from "../../src/log/layout.ts";
import { LogReader } from "../../src/log/reader.ts";
import { PublishedHistory } from "../../src/monitor/published-history.ts";
import { parseToken } from "../../src/protocol/token.ts";
import { failFileFunction } from "../support/failing-files.ts";
import { failCall } from "../support/faults.ts";
import { tempDir } from "../support/temp-dir.ts";

const BOOT = "0011223344556677";
const ROOT = { device: 1n, inode: 2n };

function opened(path: string): PublishedHistory {
  const history = new PublishedHistory(path, BOOT);
  history.beginUnknown(ROOT);
  history.beginAnswers();
  return history;
}

function record(history: PublishedHistory, ...paths: string[]): void {
  for (const path of paths) {
    history.record(path as BytePath);
  }
}

/** What the kernel does to the lock of a process that dies. */
function letGo(path: string): void {
  const { ino } = statSync(path);
  for (const fd of readdirSync("/proc/self/fd")) {
    const held = fstatOf(Number(fd));
    if (held?.ino === ino) {
      closeSync(Number(fd));
    }
  }
}

function fstatOf(fd: number) {
  try {
    return fstatSync(fd);
  } catch {
    return undefined;
  }
}

/** What a helper reads from the log for this token. */
function fromLog(path: string, token: string): string[] | undefined {
  const reader = new LogReader(path);
  const header = reader.header()!;
  const { generation } = parseToken(token)!;
  if (generation < header.oldestGeneration) {
    return undefined;
  }
  const parts = reader.changesSince(header, generation);
  return parts && Buffer.concat(parts).toString("latin1").split("\0").slice(0, -1).toSorted();
}

function fromMemory(history: PublishedHistory, token: string): string[] | undefined {
  const answer = history.answer(token, () => []);
  return answer.kind === "changed" ? [...answer.paths].toSorted() : undefined;
}

test("beginUnknown() answers nothing, and its token is never answered later", () => {
  using dir = tempDir("history");
  const history = new PublishedHistory(dir.join("log"), BOOT);
  history.beginUnknown(ROOT);
  expect(new LogReader(dir.join("log")).header()?.state).toBe(STATE_UNKNOWN);
  const answer = history.answer("", () => []);
  expect(answer.kind).toBe("unknown");
  history.beginAnswers();
  expect(history.answer(answer.token, () => []).kind).toBe("unknown");
});

test("giveUp() takes the log away, and makes none before somebody asks", () => {
  using dir = tempDir("history");
  const path = dir.join("log");
  const history = opened(path);
  record(history, "a");
  const { token } = history.answer("", () => []);
  history.giveUp();
  expect(existsSync(path)).toBe(false);
  record(history, "b");
  expect(existsSync(path)).toBe(false);
  expect(history.answer(token, () => []).kind).toBe("unknown");
  history.beginAnswers();
  expect(existsSync(path)).toBe(true);
  expect(history.answer(token, () => []).kind).toBe("unknown");
});

test("forgetOlderHalf() is told to readers of the log, and makes no log", () => {
  using dir = tempDir("history");
  const path = dir.join("log");
  const history = opened(path);
  const tokens = [history.token];
  for (let i = 0; i < 10; i += 1) {
    record(history, `f${i}`);
    history.publish();
    tokens.push(history.token);
  }
  record(history, "open");
  history.forgetOlderHalf();
  const answers = tokens.map((token) => fromLog(path, token));
  expect(answers).toEqual(tokens.map((token) => fromMemory(history, token)));
  expect(answers[0]).toBeUndefined();
  expect(answers.at(-1)).toEqual(["open"]);

  rmSync(path);
  record(history, "more");
  history.forgetOlderHalf();
  expect(existsSync(path)).toBe(false);
  expect(fromMemory(history, tokens.at(-1)!)).toEqual(["more", "open"]);
  expect(fromMemory(history, history.token)).toEqual([]);
});

test.each([
  ["nothing", ""],
  ["a timestamp", "1795223288000000000"],
  ["git's fake token", "builtin:fake"],
  ["git's own daemon's", "builtin:0.30396.20261121T000622.557620Z:0"],
  ["a Watchman clock", "c:1795223288:4242:1:77"],
  ["another epoch's", "gity:ffffffffffffffff:1"],
])("P1 %s as a token is answered with everything", (_, token) => {
  using dir = tempDir("history");
  const history = opened(dir.join("log"));
  record(history, "a");
  expect(history.answer(token, () => []).kind).toBe("unknown");
});

test("the log answers every token as the history does, also after it was rewritten", () => {
  using dir = tempDir("history");
  const path = dir.join("log");
  const history = opened(path);
  const tokens = [history.token];
  for (let i = 0; i < 300; i += 1) {
    record(history, ...Array.from({ length: 100 }, (_, j) => `${"long".repeat(20)}/${i % 7}/${j}`));
    history.publish();
    tokens.push(history.token);
  }
  // 300 generations of 9 kB each: without a rewrite the file would be three times as large.
  expect(statSync(path).size).toBeLessThan(1_500_000);
  for (const token of tokens) {
    expect(fromLog(path, token)).toEqual(fromMemory(history, token));
  }
});

test("P8 asking, in any order and any number of times, changes no answer", () => {
  using dir = tempDir("history");
  const history = opened(dir.join("log"));
  const first = history.token;
  record(history, "a");
  const second = history.answer(first, () => []).token;
  record(history, "b");
  for (let i = 0; i < 100; i += 1) {
    expect(fromMemory(history, first)).toEqual(["a", "b"]);
    expect(fromMemory(history, second)).toEqual(["b"]);
  }
});

test.each([
  [
    "by somebody in doubt",
    (history: PublishedHistory) => {
      history.forgetAll();
    },
  ],
  [
    "by the first path too many",
    (history: PublishedHistory) => {
      record(history, ...Array.from({ length: HISTORY_PATHS_MAX }, (_, i) => `${i}`));
    },
  ],
])("H3 a history given up %s is given up in the log, with nothing after it", (_, giveUp) => {
  using dir = tempDir("history");
  const history = opened(dir.join("log"));
  const token = history.token;
  record(history, "a");
  giveUp(history);
  history.publish();
  expect(fromLog(dir.join("log"), token)).toBeUndefined();
  expect(fromMemory(history, token)).toBeUndefined();
  record(history, "b");
  expect(fromMemory(history, token)).toBeUndefined();
  const later = history.token;
  record(history, "c");
  expect(fromMemory(history, later)).toEqual(["c"]);
  expect(fromLog(dir.join("log"), later)).toEqual(["c"]);
});

test("a full disk takes the log away, not the answers; it comes back with room", () => {
  using dir = tempDir("history");
  const path = dir.join("log");
  const history = opened(path);
  const token = history.token;
  record(history, "a");
  {
    using _fault = failCall("pwrite", "ENOSPC");
    expect(fromMemory(history, token)).toEqual(["a"]);
  }
  expect(history.logFailure).toContain("ENOSPC");
  expect(existsSync(path)).toBe(false);
  history.beginAnswers();
  expect(history.logFailure).toBeUndefined();
  expect(new LogReader(path).header()?.state).toBe(STATE_ANSWERS);
});

test("a log that somebody removes is there again after the next question", () => {
  using dir = tempDir("history");
  const path = dir.join("log");
  const history = opened(path);
  const token = history.token;
  record(history, "a");
  history.publish();
  rmSync(path);
  history.publish();
  expect(fromLog(path, token)).toEqual(["a"]);
});

test("close() leaves a log that sends readers away, with everything that was recorded", () => {
  using dir = tempDir("history");
  const history = opened(dir.join("log"));
  const { token } = history;
  record(history, "a");
  history.close();
  expect(new LogReader(dir.join("log")).header()?.state).toBe(STATE_RETIRED);
  expect(fromLog(dir.join("log"), token)).toEqual(["a"]);
});

test("remove() leaves no log", () => {
  using dir = tempDir("history");
  const history = opened(dir.join("log"));
  const reader = new LogReader(dir.join("log"));
  history.remove();
  expect(existsSync(dir.join("log"))).toBe(false);
  expect(reader.header()?.state).toBe(STATE_RETIRED);
});

test("S1 recover() goes on with the epoch of a log that was closed, or left behind", () => {
  using dir = tempDir("history");
  const path = dir.join("log");
  const tokens: string[] = [];
  for (const [i, isClosed] of [true, false, true].entries()) {
    const history = new PublishedHistory(path, BOOT);
    expect(history.recover(ROOT)).toBe(i > 0);
    if (i === 0) {
      history.beginAnswers();
    } else {
      expect(history.answer(tokens[0]!, () => []).kind).toBe("unknown");
      history.resume();
    }
    for (const [j, token] of tokens.entries()) {
      const later = Array.from({ length: i - j }, (_, k) => `f${j + k}`);
      expect(fromMemory(history, token)).toEqual(later);
      expect(fromLog(path, token)).toEqual(later);
    }
    tokens.push(history.token);
    record(history, `f${i}`);
    history.publish();
    if (isClosed) {
      history.close();
    } else {
      letGo(path);
    }
  }
});

test.each([
  ["another boot", "ffffffffffffffff", ROOT],
  ["another root", BOOT, { device: 1n, inode: 3n }],
])("S2 recover() begins anew after %s", (_, boot, root) => {
  using dir = tempDir("history");
  const before = opened(dir.join("log"));
  const { token } = before;
  before.close();
  const history = new PublishedHistory(dir.join("log"), boot);
  expect(history.recover(root)).toBe(false);
  history.beginAnswers();
  expect(history.answer(token, () => []).kind).toBe("unknown");
});

test("S2 a log that could be neither written nor removed ends the epoch", () => {
  using dir = tempDir("history");
  const history = opened(dir.join("log"));
  const { token } = history;
  record(history, "a");
  {
    using _disk = failCall("pwrite", "EIO");
    using _folder = failFileFunction("unlinkSync", "EIO");
    expect(fromMemory(history, token)).toBeUndefined();
  }
  expect(fromMemory(history, token)).toBeUndefined();
});

test("suspend() keeps what is known, and answers nothing until resume()", () => {
  using dir = tempDir("history");
  const path = dir.join("log");
  const history = opened(path);
  const { token } = history;
  record(history, "a");
  expect(history.suspend(ROOT)).toBe(true);
  const during = history.answer(token, () => []);
  expect(during.kind).toBe("unknown");
  expect(new LogReader(path).header()?.state).toBe(STATE_UNKNOWN);
  history.resume();
  record(history, "b");
  expect(fromMemory(history, token)).toEqual(["a", "b"]);
  // Who was told to look at everything meanwhile is told what came to light since.
  expect(fromMemory(history, during.token)).toEqual(["b"]);
  expect(history.suspend({ device: 9n, inode: 9n })).toBe(false);
  history.beginAnswers();
  expect(fromMemory(history, token)).toBeUndefined();
});

test("setOwnIndexOnly() tells readers after what came before, and survives a new log", () => {
  using dir = tempDir("history");
  const path = dir.join("log");
  const history = opened(path);
  const state = (): unknown => new LogReader(path).header()?.state;
  const { token } = history;
  record(history, "a");
  history.setOwnIndexOnly(true);
  expect([state(), fromLog(path, token)]).toEqual([STATE_ANSWERS_OWN_INDEX, ["a"]]);
  history.setDoubt(true);
  expect(state()).toBe(STATE_UNKNOWN);
  history.setDoubt(false);
  rmSync(path);
  history.publish();
  expect(state()).toBe(STATE_ANSWERS_OWN_INDEX);
  history.setOwnIndexOnly(false);
  expect(state()).toBe(STATE_ANSWERS);
  history.close();
});
