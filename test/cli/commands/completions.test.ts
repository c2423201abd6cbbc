/** `gity completions`, as the shells take it that are there; each is asked what TAB would offer. */

import { mkdirSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { builtGity } from "../../support/built.ts";
import { gityHome } from "../../support/gity-home.ts";
import { programTest } from "../../support/program-test.ts";
import { tempDir, type TempDir } from "../../support/temp-dir.ts";

/** What is typed before TAB, and what is offered. */
const CASES: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ["gity regi", ["register"]],
  ["gity daemon sta", ["start", "status"]],
  ["gity daemon res", ["restart"]],
  ["gity register --via ", ["auto", "socket", "hook"]],
  ["gity register --via so", ["socket"]],
  ["gity events --kind deg", ["degraded"]],
  ["gity maintain --task pre", ["prefetch"]],
  ["gity register --no", ["--no-wait"]],
  ["gity register --json a", ["a file", "another"]],
  ["gity prompt --init f", ["fish"]],
  ["gity prompt --format a", ["ascii"]],
  ["gity completions ", ["bash", "zsh", "fish"]],
  ["gity db pru", ["prune-logs"]],
  ["gity db prune-logs --keep-days ", []],
  ["gity list a", []],
  ["gity maintain --task pre", ["prefetch"]],
  ["gity daemon queue-job loose", ["loose-objects"]],
  ["gity daemon queue-job gc a", ["a file", "another"]],
  ["gity status a", ["a file", "another"]],
];

function folderWithFiles(): TempDir {
  const folder = tempDir("completions");
  writeFileSync(folder.join("a file"), "");
  writeFileSync(folder.join("another"), "");
  for (const shell of ["bash", "zsh", "fish"]) {
    const { stdout } = Bun.spawnSync([builtGity(), "completions", shell]);
    mkdirSync(folder.join(".made"), { recursive: true });
    writeFileSync(folder.join(".made", shell), stdout);
  }
  return folder;
}

function linesFrom(folder: TempDir, command: readonly string[]): readonly string[] {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
    cwd: folder.path,
    env: { ...process.env, HOME: folder.path, TERM: "xterm" },
    timeout: 20_000,
  });
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  return stdout.toString().split(/\r?\n/);
}

/** What bash does before it calls the function, and where it takes files itself. */
const ASK_BASH = `
source .made/bash
complete -p gity >/dev/null || exit 9
COMP_WORDS=($1)
[[ $1 != *" " ]] || COMP_WORDS+=("")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
takes_files=yes
compopt() { takes_files=; }
_gity
printf '%s\\n' "\${COMPREPLY[@]}"
[[ -z $takes_files ]] || compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"
`;

programTest("bash", "bash completes commands, options, values and paths", () => {
  using folder = folderWithFiles();

  for (const [typed, offered] of CASES) {
    const lines = linesFrom(folder, ["bash", "--norc", "-c", ASK_BASH, "bash", typed]);
    const words = lines.filter((line) => line !== "").toSorted();
    expect([typed, ...words]).toEqual([typed, ...offered.toSorted()]);
  }
});

programTest(
  "bash",
  "bash completes a value behind '=', which it takes for a word of its own",
  () => {
    using folder = folderWithFiles();
    const ask = ASK_BASH.replace("COMP_WORDS=($1)", "COMP_WORDS=(gity register --via = so)");

    expect(linesFrom(folder, ["bash", "--norc", "-c", ask, "bash", "x"])[0]).toBe("socket");
  },
);

/** An interactive zsh on a terminal of its own, whose \`compadd\` says what it is given. */
const ASK_ZSH = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "source .made/child"
zpty -r shell line '*__ready__*'
zpty -w shell "$1"$'\\t'
while zpty -r shell line; do print -rn -- $line; done
`;

const ZSH_CHILD = `
PROMPT=
autoload -U compinit
compinit -D -u
source .made/zsh
bindkey '^I' complete-word
zstyle ':completion:*' insert-tab false
compprefuncs=(begin)
comppostfuncs=(finish)
begin() { print }
finish() { exit }
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then
    builtin compadd "$@"
    return
  fi
  local -a hits
  builtin compadd -A hits "$@"
  print -rl -- "> "\${^hits}
  builtin compadd "$@"
}
print __rea''dy__
`;

programTest("zsh", "zsh completes commands, options, values and paths", () => {
  using folder = folderWithFiles();
  writeFileSync(folder.join(".made/child"), ZSH_CHILD);

  for (const [typed, offered] of CASES) {
    const hits = linesFrom(folder, ["zsh", "-f", "-c", ASK_ZSH, "zsh", typed])
      .filter((line) => line.startsWith("> "))
      .map((line) => line.slice(2).replaceAll("\\", ""));
    // zsh offers options as well where a word may begin.
    const isWanted = (word: string): boolean => !word.startsWith("-") || typed.endsWith("--no");
    const words = [...new Set(hits)].filter(isWanted).toSorted();
    expect([typed, ...words]).toEqual([typed, ...offered.toSorted()]);
  }
});

programTest("fish", "fish completes commands, options, values and paths", () => {
  using folder = folderWithFiles();
  const script = "source .made/fish; complete -C $argv[1]";

  for (const [typed, offered] of CASES) {
    const words = linesFrom(folder, ["fish", "--no-config", "-c", script, typed])
      .map((line) => (line.split("\t")[0] ?? "").replaceAll("\\", ""))
      .filter((word) => word !== "")
      .toSorted();
    expect([typed, ...words]).toEqual([typed, ...offered.toSorted()]);
  }
});

test("gity completions needs a shell, and knows three", async () => {
  await using home = await gityHome();

  expect(await home.gity("completions")).toMatchObject({
    exitCode: 2,
    stderr: "error: the argument SHELL is missing\nhint: it is one of bash, zsh, fish\n",
  });
  expect(await home.gity("completions", "fisch")).toMatchObject({
    exitCode: 2,
    stderr: "error: unknown argument 'fisch'\nhint: did you mean 'fish'?\n",
  });
});
