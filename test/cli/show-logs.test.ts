/** Lines of the log, as `gity logs` shows them. */

import { expect, test } from "bun:test";

import type { LogSource } from "../../src/cli/log-source.ts";
import { formatLogLine, type LogWish, showLogs } from "../../src/cli/show-logs.ts";
import type { LogLevel, LogLine } from "../../src/protocol/log-line.ts";
import { rejection } from "../support/rejection.ts";

function line(id: number, level: LogLevel = "info"): LogLine {
  return {
    id,
    atMs: 1_790_000_000_000 + id,
    level,
    repositoryId: 1,
    worktreeId: null,
    message: `line ${id}`,
    fields: { root: "/a b" },
  };
}

/** Has `stored` lines, and then says and stores those in `coming`. */
function sourceOf(stored: readonly LogLine[], coming: readonly LogLine[] = []): LogSource {
  const all = [...stored];
  return {
    read: async ({ limit, beforeId = Number.POSITIVE_INFINITY }) =>
      limit === 0 ? [] : all.filter(({ id }) => id < beforeId).slice(-limit),
    async *follow(signal) {
      for (const each of coming) {
        if (signal.aborted) {
          return;
        }
        all.push(...(all.some(({ id }) => id === each.id) ? [] : [each]));
        yield each;
      }
    },
  };
}

async function shown(source: LogSource, wish: Partial<LogWish> = {}): Promise<string[]> {
  let text = "";
  await showLogs(
    source,
    { limit: 10, level: "debug", isFollowing: false, format: "plain", ...wish },
    (part) => {
      text += part;
    },
    new AbortController().signal,
  );
  return text.match(/line \d+/g) ?? [];
}

test("showLogs() shows what is there, oldest first, and ends", async () => {
  const source = sourceOf([line(1), line(2), line(3)], [line(4)]);

  expect(await shown(source)).toEqual(["line 1", "line 2", "line 3"]);
  expect(await shown(source, { limit: 2 })).toEqual(["line 2", "line 3"]);
  expect(await shown(source, { limit: 0 })).toEqual([]);
  expect(await shown(sourceOf([]))).toEqual([]);
});

test("showLogs() goes on with what comes, each line once and by its level", async () => {
  const coming = [line(2), line(3, "warn"), line(4), line(5, "error")];

  expect(await shown(sourceOf([line(1), line(2)], coming), { isFollowing: true })).toEqual(
    [1, 2, 3, 4, 5].map((id) => `line ${id}`),
  );
  expect(
    await shown(sourceOf([line(1), line(2)], coming), { isFollowing: true, limit: 0 }),
  ).toEqual(["line 3", "line 4", "line 5"]);
  expect(
    await shown(sourceOf([line(1), line(2)], coming), { isFollowing: true, level: "warn" }),
  ).toEqual(["line 3", "line 5"]);
});

test("showLogs() misses no line that came between reading and following", async () => {
  const all = [line(1)];
  const source: LogSource = {
    read: async ({ beforeId = Number.POSITIVE_INFINITY }) => {
      const lines = all.filter(({ id }) => id < beforeId);
      if (all.length === 1) {
        all.push(line(2), line(3));
      }
      return lines;
    },
    async *follow() {
      yield line(4);
    },
  };

  expect(await shown(source, { isFollowing: true })).toEqual([
    "line 1",
    "line 2",
    "line 3",
    "line 4",
  ]);
});

/** Fails in the one, and has nothing to say in the other. */
function failing(what: "read" | "follow"): LogSource {
  return {
    read: async () => {
      if (what === "read") {
        throw new Error("cannot read");
      }
      return [];
    },
    // oxlint-disable-next-line require-yield
    async *follow() {
      throw new Error("cannot follow");
    },
  };
}

test("showLogs() fails with the first failure, of reading or of following", async () => {
  for (const what of ["read", "follow"] as const) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await rejection(shown(failing(what), { isFollowing: true }))).toMatchObject({
      message: `cannot ${what}`,
    });
  }
});

test("formatLogLine() aligns levels, colours them where that is wanted, and steers no terminal", () => {
  const hostile = { ...line(1, "warn"), message: "a\u001B[2J", fields: { path: "x\u0007" } };
  const start = "2026-09-21T14:13:20.001Z  ";

  expect(formatLogLine(line(1), "plain")).toBe(`${start}info   line 1 root="/a b"`);
  expect(formatLogLine(hostile, "plain")).toBe(`${start}warn   a\\x1b[2J path="x\\u0007"`);
  expect(formatLogLine(line(1, "error"), "coloured")).toBe(
    `${start}\u001B[31merror\u001B[0m  line 1 root="/a b"`,
  );
  expect(JSON.parse(formatLogLine(hostile, "json"))).toEqual(hostile);
});

test("showLogs() reads what a gap in the events has left out", async () => {
  const stored = [line(1)];
  const source: LogSource = {
    read: async ({ beforeId = Number.POSITIVE_INFINITY }) =>
      stored.filter(({ id }) => id < beforeId),
    async *follow() {
      yield line(2);
      // The daemon is another one, and has written lines before anybody could listen.
      stored.push(line(2), line(3), line(4));
      yield "gap";
      yield line(4);
      yield line(5);
    },
  };

  expect(await shown(source, { isFollowing: true })).toEqual(
    [1, 2, 3, 4, 5].map((id) => `line ${id}`),
  );
});
