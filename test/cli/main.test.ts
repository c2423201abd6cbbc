/** The command line as people call it: the built executable. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { builtGity } from "../support/built.ts";
import { gityHome } from "../support/gity-home.ts";
import { tempDir } from "../support/temp-dir.ts";

test("gity without a command, and --help, show all commands", async () => {
  await using home = await gityHome();

  const bare = await home.gity();
  const help = await home.gity("--help");

  expect(bare).toMatchObject({ exitCode: 0, stderr: "" });
  expect(bare.stdout).toContain("Commands:\n  register ");
  expect(help).toEqual(bare);
});

test.each([
  [
    ["help", "list"],
    ["list", "--help"],
  ],
  [
    ["help", "daemon", "start"],
    ["daemon", "start", "--help"],
  ],
  [
    ["daemon", "help", "start"],
    ["daemon", "start", "--help"],
  ],
  [
    ["help", "daemon"],
    ["daemon", "--help"],
  ],
  [
    ["help", "status"],
    ["status", "--help"],
  ],
])("gity %j shows the help of the command", async (words, same) => {
  await using home = await gityHome();
  const help = await home.gity(...words);

  expect(help).toEqual(await home.gity(...same));
  expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Usage:") });
});

test.each([["register"], ["unregister"], ["list"], ["health"], ["changed"], ["version"]])(
  "gity %s --help shows an example",
  async (command) => {
    await using home = await gityHome();

    const help = await home.gity(command, "--help");

    expect(help).toMatchObject({ exitCode: 0, stderr: "" });
    expect(help.stdout).toContain(`Examples:\n  # `);
    expect(help.stdout).toContain(`  gity ${command}`);
  },
);

test.each([
  [["regster"], "unknown command 'regster'", "did you mean 'register'?"],
  [["--verson"], "unknown option '--verson'", "did you mean '--version'?"],
  [
    ["daemon"],
    "'gity daemon' needs a command: run, start, stop, restart, status, metrics, install, uninstall, oneshot, queue-job",
    "see 'gity daemon --help'",
  ],
  [["start"], "unknown command 'start'", "did you mean 'gity daemon start'?"],
  [["worktree", "remove"], "unknown command 'remove'", "did you mean 'git worktree remove'?"],
  [["worktree", "lst"], "unknown command 'lst'", "did you mean 'list'?"],
  [["help", "lst"], "unknown command 'lst'", "did you mean 'list'?"],
  [["db", "--verson"], "unknown option '--verson'", "see 'gity db --help'"],
  [
    ["register", "--via", "sokcet"],
    "unknown value 'sokcet' of option '--via'",
    "did you mean 'socket'?",
  ],
  [["daemon", "strat"], "unknown command 'strat'", "did you mean 'start'?"],
  [["list", "--jsno"], "unknown option '--jsno'", "did you mean '--json'?"],
  [["list", "x"], "unexpected argument 'x'", "see 'gity list --help'"],
  [["changed", "--since"], "option '--since' needs a value", "see 'gity changed --help'"],
])("gity %j is a wrong call: exit code 2", async (words, message, hint) => {
  await using home = await gityHome();

  expect(await home.gity(...words)).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: `error: ${message}\nhint: ${hint}\n`,
  });
});

test("gity list that cannot write says so, and does not mind a reader that has enough", async () => {
  await using home = await gityHome();
  const run = (script: string) => {
    const child = Bun.spawnSync(["bash", "-c", script, "bash", builtGity()], {
      env: { ...process.env, GITY_HOME: home.path },
    });
    return [child.stdout.toString(), child.stderr.toString()];
  };

  expect(run('"$1" version >/dev/full; echo $?')).toEqual([
    "20\n",
    "error: cannot write to standard output: No space left on device\nhint: make room where it goes\n",
  ]);
  expect(run('"$1" completions zsh | true; echo "${PIPESTATUS[0]}"')).toEqual(["0\n", ""]);
  expect(run('"$1" version 2>&-; "$1" versoin 2>&-; echo $?')[0]).toEndWith("\n2\n");
});

test("gity X1 runs no code of the folder it is started in", async () => {
  await using home = await gityHome();
  using hostile = tempDir("hostile");
  writeFileSync(hostile.join("evil.ts"), `console.log("evil"); process.exit(66);`);
  writeFileSync(hostile.join("bunfig.toml"), `preload = ["./evil.ts"]\n`);
  writeFileSync(hostile.join(".env"), "GITY_HOME=/nowhere\n");
  writeFileSync(hostile.join("package.json"), "{ not json");
  writeFileSync(hostile.join("tsconfig.json"), "{ not json");

  const options = { directory: hostile.path };
  const version = await home.gityIn(options, "--version");
  const list = await home.gityIn(options, "list");

  expect(version).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^gity \d/) });
  expect(list).toMatchObject({ exitCode: 3, stderr: expect.stringContaining(home.path) });
});
