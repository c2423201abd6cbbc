/** What shells have to know. */

import { expect, test } from "bun:test";

import { completionPlaces } from "../../../src/cli/completions/shape.ts";
import { PROGRAM } from "../../../src/cli/program.ts";
import { allReferences } from "../../../src/cli/reference.ts";
import { EVENT_KINDS } from "../../../src/protocol/event-kinds.ts";
import { LOG_LEVELS } from "../../../src/protocol/log-line.ts";

test("completionPlaces() has every group and every command once", async () => {
  const references = await allReferences();
  const places = completionPlaces(PROGRAM, references);
  const paths = places.map(({ path }) => path);

  expect(paths).toEqual([
    "gity",
    "gity daemon",
    "gity worktree",
    "gity share",
    "gity db",
    ...references.map(({ path }) => path),
  ]);
  expect(places.find(({ path }) => path === "gity register")).toEqual({
    path: "gity register",
    commands: [],
    flags: [
      expect.objectContaining({ name: "--no-wait", hasValue: false }),
      expect.objectContaining({ name: "--via", words: ["auto", "socket", "hook"] }),
      expect.objectContaining({ name: "--json" }),
      expect.objectContaining({ name: "--help" }),
    ],
    arguments: [{ name: "PATH", isPath: true, isRepeated: false, words: [] }],
  });
  const wordsOfFlag = (place: string, flag: string): readonly string[] =>
    places.find(({ path }) => path === place)?.flags.find(({ name }) => name === flag)?.words ?? [];
  expect(wordsOfFlag("gity events", "--kind")).toEqual([...EVENT_KINDS, "gap"]);
  expect(wordsOfFlag("gity logs", "--level")).toEqual([...LOG_LEVELS]);
  expect(wordsOfFlag("gity maintain", "--task")).toContain("commit-graph");
});
