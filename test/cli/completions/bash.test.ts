/** The script for bash, as text; what bash makes of it is in test/cli/commands/completions.test.ts. */

import { expect } from "bun:test";

import { bashCompletions } from "../../../src/cli/completions/bash.ts";
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

programTest("bash", "bashCompletions() is a script that bash can read, whatever is said", () => {
  const script = bashCompletions(PLACES);

  expect(script).toContain("made by 'gity completions bash'");
  expect(script).toContain("one-two");
  const { stderr, exitCode } = Bun.spawnSync(["bash", "-n"], { stdin: Buffer.from(script) });
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
});
