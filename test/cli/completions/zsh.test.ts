/** The script for zsh, as text; what zsh makes of it is in test/cli/commands/completions.test.ts. */

import { expect } from "bun:test";

import { zshCompletions } from "../../../src/cli/completions/zsh.ts";
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

programTest("zsh", "zshCompletions() is a script that zsh can read, whatever is said", () => {
  const script = zshCompletions(PLACES);

  expect(script).toContain("made by 'gity completions zsh'");
  expect(script).toContain("one-two");
  const { stderr, exitCode } = Bun.spawnSync(["zsh", "-n"], { stdin: Buffer.from(script) });
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
});
