/** Every command in a fenced block of README is run, in order, as somebody would who reads it. */

import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";

import { expect, test } from "bun:test";

import { PROJECT_ROOT } from "../support/built.ts";
import { gityHome } from "../support/gity-home.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

/** What cannot be run here, and why. */
const NOT_RUN: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /^npm (?:start|run|test)\b/, why: "builds and measures; npm test is running this" },
  { pattern: /^systemctl\b/, why: "would change what this machine starts" },
  { pattern: /^(?:sudo|sysctl)\b/, why: "would change this machine" },
];

/** Their exit code is an answer. */
const MAY_SAY_NO = /^(?:dist\/)?gity doctor\b/;

const COMMAND =
  /^(?:\$ )?((?:dist\/)?(?:gity|gity-helper|git|npm|eval|systemctl|sudo|sysctl|curl)\b.*)$/;

interface Block {
  readonly label: string;
  readonly lines: readonly string[];
}

function fencedBlocks(): readonly Block[] {
  const readme = readFileSync(join(PROJECT_ROOT, "README.md"), "utf8");
  return [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, label = "", text = ""]) => ({
    label,
    lines: text.split("\n").filter((line) => line !== ""),
  }));
}

/** In `sh` every line is a command, or a comment; in `console` those behind a dollar sign are. */
function commandsOf({ label, lines }: Block): readonly string[] {
  switch (label) {
    case "sh":
      return lines.filter((line) => !line.startsWith("#"));
    case "console":
      return lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
    default:
      return [];
  }
}

test("README's blocks of commands say that they are: sh or console", () => {
  const unmarked = fencedBlocks()
    .filter(({ label }) => label !== "sh" && label !== "console")
    .flatMap(({ lines }) => lines.filter((line) => COMMAND.test(line)));

  expect(unmarked).toEqual([]);
});

/** A block is one script: what it changes into counts for the rest of it. */
test("README's examples do what they say they do", async () => {
  await using home = await gityHome();
  using user = tempDir("reader");
  using big = tempWorktree("big", { files: { "src/a.c": "int a;\n", "b.txt": "b\n" } });
  mkdirSync(user.join("src"));
  symlinkSync(join(PROJECT_ROOT, "dist"), user.join("dist"));
  symlinkSync(home.path, user.join(".gity"));
  cpSync(big.path, user.join("src/big"), { recursive: true });
  const scripts = fencedBlocks()
    .map((block) => commandsOf(block).filter(isRun).map(withItsAnswer).join("\n"))
    .filter((script) => script !== "");

  const failures = scripts.flatMap((script) => {
    const { exitCode, stderr } = Bun.spawnSync(["bash", "-e", "-x", "-c", script], {
      cwd: user.path,
      env: {
        ...process.env,
        HOME: user.path,
        GITY_HOME: home.path,
        PATH: `${realpathSync(user.join("dist"))}${delimiter}${process.env["PATH"] ?? ""}`,
      },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    return exitCode === 0 ? [] : [`exit code ${exitCode}:\n${stderr.toString()}`];
  });

  expect(failures).toEqual([]);
  expect(scripts).not.toEqual([]);
});

function isRun(command: string): boolean {
  return !NOT_RUN.some(({ pattern }) => pattern.test(command));
}

function withItsAnswer(command: string): string {
  return MAY_SAY_NO.test(command) ? `${command} || [ $? = 1 ]` : command;
}
