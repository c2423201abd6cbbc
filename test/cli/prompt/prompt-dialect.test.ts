/** The languages of prompts, as the shells speak them that are there. */

import { existsSync } from "node:fs";

import { expect, test } from "bun:test";

import { type DialectName, dialectOf } from "../../../src/cli/prompt/prompt-dialect.ts";
import { programTest } from "../../support/program-test.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { HOSTILE_TEXTS, withoutBackquotes } from "./hostile-names.ts";

test.each([
  ["ansi", ["\u001B[32m", "\u001B[38;5;208m", "\u001B[1m", "\u001B[0m"]],
  ["bash", ["32", "38;5;208", "1", "0"].map((code) => `\u0001\u001B[${code}m\u0002`)],
  ["zsh", ["%F{green}", "%F{208}", "%B", "%b%f"]],
  ["tmux", ["#[fg=green]", "#[fg=colour208]", "#[bold]", "#[default]"]],
  ["plain", ["", "", "", ""]],
] as const)("dialectOf(%j) has looks of its own", (name, looks) => {
  const { look } = dialectOf(name, true);

  expect([look("green"), look(208), look("bold"), look("normal")]).toEqual([...looks]);
});

const NAMES = ["ansi", "bash", "zsh", "tmux", "plain"] as const;

test.each(NAMES)("dialectOf(%j) without colours has none, and escapes all the same", (name) => {
  const [without, with_] = [dialectOf(name, false), dialectOf(name, true)];

  expect([
    without.look("red"),
    without.look(1),
    without.look("bold"),
    without.look("normal"),
  ]).toEqual(["", "", "", ""]);
  expect(without.text("$%#`")).toBe(with_.text("$%#`"));
});

test.each(NAMES)("dialectOf(%j) lets nothing through that steers a terminal", (name) => {
  const text = "a\u001B[31mb\u0000\u0001\u0002\n\r\u0007\u007F\u009B2Jc\u202Ed\u2028e\u2066";

  expect(dialectOf(name, true).text(text).replaceAll("\uFFFD", "")).toBe("a[31mb2Jcde");
});

/** What a prompt of a shell shows, where the text stands in a variable that it names, and where it is the prompt. */
function shownBy(
  command: readonly string[],
  script: string,
  name: DialectName,
  text: string,
): readonly string[] {
  using folder = tempDir("dialect");
  const { stdout, stderr } = Bun.spawnSync([...command, script], {
    cwd: folder.path,
    env: { ...process.env, GITY_PROMPT: dialectOf(name, true).text(text) },
  });
  expect([stderr.toString(), existsSync(folder.join("pwned"))]).toEqual(["", false]);
  // What has no width.
  return stdout
    .toString()
    .replaceAll(/\p{Cc}/gu, (sign) => (sign === "\n" ? sign : ""))
    .split("\n")
    .slice(0, 2);
}

programTest("bash", "bash shows every text, and runs none", () => {
  const script = `way='\${GITY_PROMPT}'; printf '%s\\n' "\${way@P}" "\${GITY_PROMPT@P}"`;
  for (const text of HOSTILE_TEXTS) {
    const shown = withoutBackquotes(text);
    expect(shownBy(["bash", "--norc", "-c"], script, "bash", text)).toEqual([shown, shown]);
  }
});

programTest("zsh", "zsh shows every text, and runs none", () => {
  const script = `setopt prompt_subst; print -rP -- '\${GITY_PROMPT}'; print -rP -- "$GITY_PROMPT"`;
  for (const text of HOSTILE_TEXTS) {
    const shown = withoutBackquotes(text);
    expect(shownBy(["zsh", "-f", "-c"], script, "zsh", text)).toEqual([shown, shown]);
  }
});
