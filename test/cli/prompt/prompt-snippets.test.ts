/** What the shells read, as text they can read; what they make of it is in test/e2e/prompt.test.ts. */

import { expect, test } from "bun:test";

import { SNIPPETS } from "../../../src/cli/prompt/prompt-snippets.ts";
import { programTest } from "../../support/program-test.ts";

const OPTIONS = ['--format=it\'s "{branch}" \\[ $HOME `x` #(y) %H [ {old}]', "--timeout=20"];

test.each(["bash", "zsh", "fish"])("the snippet for %s can be read", (shell) => {
  for (const options of [[], OPTIONS]) {
    const script = SNIPPETS[shell]?.(options) ?? "";
    expect(script).toContain(`made by 'gity prompt --init ${shell}'`);
    const check = shell === "fish" ? ["fish", "--no-execute"] : [shell, "-n"];
    if (Bun.which(shell) !== null) {
      const { exitCode, stderr } = Bun.spawnSync(check, { stdin: Buffer.from(script) });
      expect([exitCode, stderr.toString()]).toEqual([0, ""]);
    }
  }
});

/** What starship calls gity with, as far as its configuration says. */
function wordsOfStarship(options: readonly string[]): readonly string[] {
  const { custom } = Bun.TOML.parse(SNIPPETS["starship"]?.(options) ?? "") as {
    custom: { gity: { command: string; shell: readonly string[]; when: boolean; format: string } };
  };
  const { command, shell, when, format } = custom.gity;
  expect([shell, when, format]).toEqual([["sh"], true, "($output )"]);
  return wordsOf(command);
}

/** What a command of `sh` calls gity with. */
function wordsOf(command: string): readonly string[] {
  const script = `gity() { printf '%s\\n' "$@"; }; ${command}`;
  return Bun.spawnSync(["sh", "-c", script]).stdout.toString().trimEnd().split("\n");
}

test("the snippet for starship is TOML, and its command a shell's", () => {
  expect(wordsOfStarship([])).toEqual(["prompt", "--color=ansi"]);
  expect(wordsOfStarship(OPTIONS)).toEqual(["prompt", "--color=ansi", ...OPTIONS]);
});

programTest("tmux", "the snippet for tmux can be read, and its command is a shell's", () => {
  const socket = `gity-snippet-${process.pid}`;
  const tmux = (...words: string[]): string => {
    const { exitCode, stdout, stderr } = Bun.spawnSync(["tmux", "-L", socket, ...words], {
      stdin: Buffer.from(SNIPPETS["tmux"]?.(OPTIONS) ?? ""),
    });
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
    return stdout.toString();
  };
  try {
    tmux("-f", "/dev/null", "new-session", "-d", "sleep 1000");
    tmux("set-option", "-g", "status-right", "before");
    tmux("source-file", "-");
    const line = tmux("show-options", "-gv", "status-right").trimEnd();
    const expanded = tmux("display-message", "-p", line.replace("#(", "##("));
    const command = /^before #\((.*)\)$/.exec(expanded.trimEnd())?.[1] ?? "";
    const words = wordsOf(command);

    expect(words.slice(0, -1)).toEqual(["prompt", "--color=tmux", ...OPTIONS]);
    expect(words.at(-1)).toMatch(/^\/proc\/\d+\/cwd$/);
  } finally {
    tmux("kill-server");
  }
});
