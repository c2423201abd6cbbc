/** What a command is. */

import { expect, test } from "bun:test";

import {
  type CliContext,
  gityCommand,
  isWordList,
  PATH_ARGUMENT,
  usageError,
  wordsCommand,
  wordsOf,
} from "../../src/cli/command.ts";
import { rejection } from "../support/rejection.ts";

const CONTEXT: CliContext = {
  build: { version: "1", fingerprint: "f", builtAtMs: 1 },
  executable: ["gity"],
  runDaemon: async () => {},
  hasReader: async () => true,
  kickDaemon: async () => {},
  examineStore: () => Promise.reject(new Error("not needed")),
  openStore: () => Promise.reject(new Error("not needed")),
  openShare: () => Promise.reject(new Error("not needed")),
  openDiskMeter: () => Promise.reject(new Error("not needed")),
};

test("gityCommand() gives its run function arguments and context", async () => {
  const seen: unknown[] = [];
  const command = gityCommand({
    name: "x",
    description: "X",
    args: { path: PATH_ARGUMENT },
    examples: [],
    run: async ({ path }, { build: { version } }) => {
      seen.push(path, version);
      return 7;
    },
  });

  expect(await command.run({ path: "." }, CONTEXT)).toBe(7);
  expect(seen).toEqual([".", "1"]);
});

test("wordsCommand() takes words as they are, and nothing else", async () => {
  const command = wordsCommand({
    name: "x",
    description: "X",
    args: {},
    examples: [],
    runWords: async (words) => words.length,
  });

  expect(await command.runWords?.(["--", "-x"], CONTEXT)).toBe(2);
  expect(await rejection(command.run({}, CONTEXT))).toMatchObject({ name: "BugError" });
});

test("wordsOf() are those of an enumeration, and of a hint that lists them", () => {
  expect(wordsOf({ type: "enum", options: ["a", "b"] })).toEqual(["a", "b"]);
  expect(wordsOf({ type: "positional", valueHint: "a|b" })).toEqual(["a", "b"]);
  expect(wordsOf({ type: "string", valueHint: "TOKEN" })).toEqual([]);
});

test("isWordList() is for what takes several of them", () => {
  expect(isWordList({ type: "enum", options: ["a"], valueHint: "NAME,..." })).toBe(true);
  expect(isWordList({ type: "enum", options: ["a"] })).toBe(false);
});

test("usageError() has the exit code of a wrong call", () => {
  expect(usageError("no", "do")).toMatchObject({ exitCode: 2, hint: "do" });
});
