/** The script for fish, as text; what fish makes of it is in test/cli/commands/completions.test.ts. */

import { expect } from "bun:test";

import { fishCompletions } from "../../../src/cli/completions/fish.ts";
import { programTest } from "../../support/program-test.ts";

const PLACES = [
  {
    path: "gity",
    commands: [{ name: "one-two", says: "it's [first]: \\\\" }],
    flags: [],
    arguments: [],
  },
  {
    path: "gity one-two",
    commands: [],
    flags: [{ name: "--how", hasValue: true, words: ["a", "b"], says: "it's [how]: so" }],
    arguments: [{ name: "PATH", isPath: true, isRepeated: false, words: [] }],
  },
] as const;

programTest("fish", "fishCompletions() is a script that fish can read, whatever is said", () => {
  const script = fishCompletions(PLACES);

  expect(script).toContain("made by 'gity completions fish'");
  expect(script).toContain("one-two");
  const { stderr, exitCode } = Bun.spawnSync(["fish", "-n"], { stdin: Buffer.from(script) });
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
});
