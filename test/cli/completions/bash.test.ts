/** The script for bash, as text; what bash makes of it is in test/cli/commands/completions.test.ts. */

import { expect, test } from "bun:test";

import { bashCompletions } from "../../../src/cli/completions/bash.ts";

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

test("bashCompletions() is a script that bash can read, whatever is said", () => {
  const script = bashCompletions(PLACES);

  expect(script).toContain("made by 'gity completions bash'");
  expect(script).toContain("one-two");
  if (Bun.which("bash") !== null) {
    const { stderr, exitCode } = Bun.spawnSync(["bash", "-n"], { stdin: Buffer.from(script) });
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  }
});
