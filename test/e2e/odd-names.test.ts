/** X3: names that a shell, an option parser, a terminal or a text format would take for something else. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { expect, test } from "bun:test";

import { connect } from "../../src/client/library.ts";
import { builtGity } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { programTest } from "../support/program-test.ts";
import { runGit } from "../support/run-git.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";
import { openWorktree } from "../support/temp-worktree.ts";

const NAMES = [
  "-rf",
  "--json",
  "--upload-pack=touch PWNED",
  `it's "quoted"`,
  "line\nbreak",
  "$(touch PWNED)",
  "`touch PWNED`; touch PWNED #",
  "&& touch PWNED |",
  " blank ",
  "\u001B[31mred\u0007",
  "%s%n\\n\\",
  "*?[a-z]{b,c}~!",
  "..dots..",
  '{"path":"x"}#&?=%2F',
] as const;

/** Wherever something may have run. */
function nobodyWasHere(...folders: readonly string[]): void {
  for (const folder of [...folders, "/", process.cwd()]) {
    expect([folder, existsSync(join(folder, "PWNED"))]).toEqual([folder, false]);
  }
}

function makeWorktree(parent: TempDir, name: string) {
  const path = parent.join(name);
  mkdirSync(path);
  runGit(path, "init", "--quiet", "--initial-branch=main");
  const tree = openWorktree(path);
  for (const each of NAMES) {
    tree.write(join("d", each), "1");
  }
  tree.git("add", "--all");
  tree.git("commit", "--quiet", "--message=start");
  return tree;
}

/** Its root, as each command tells it to a program. */
async function expectEveryCommandTakes(home: GityHome, path: string): Promise<void> {
  expect(await home.gityJson("health", path)).toMatchObject({ root: path, state: "ready" });
  const { repositories } = (await home.gityJson("list")) as { repositories: object[] };
  expect(repositories).toMatchObject([{ worktrees: [{ root: path }] }]);
  for (const words of [
    ["logs", "--json", "--", path],
    ["logs", "--", path],
    ["health", "--", path],
    ["changed", "--", path],
    ["list"],
    ["stats"],
    ["stats", "--", path],
    ["stats", "--bench", "--runs", "1", "--", path],
    ["db", "stats"],
  ]) {
    // oxlint-disable-next-line no-await-in-loop
    const { exitCode, stdout, stderr } = await home.gity(...words);
    expect([words, exitCode]).toEqual([words, 0]);
    // Nothing that steers a terminal.
    expect(`${stdout}${stderr}`.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  }
  // Prometheus' format escapes these three, and nothing else.
  const label = path.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
  const { stdout } = await home.gity("daemon", "metrics");
  expect(stdout).toContain(`gity_worktree_state{worktree="${label}",state="ready"} 1\n`);
  const doctor = await home.gity("doctor", "--json", "--", path);
  expect([doctor.exitCode, typeof JSON.parse(doctor.stdout)]).toEqual([0, "object"]);
}

test.each(NAMES)(
  "X3 a worktree named %j is data, for every command",
  async (name) => {
    await using home = await gityHome();
    using parent = tempDir("odd");
    const tree = makeWorktree(parent, name);
    const config = readFileSync(join(tree.gitDir, "config"), "utf8");
    const here = { directory: parent.path };
    const registered = await home.gityIn(here, "register", "--via", "hook", "--", name);
    expect([registered.exitCode, registered.stderr]).toEqual([0, expect.any(String)]);
    await home.daemonPid();
    expectStatusMatchesOracle(tree.path);
    await expectEveryCommandTakes(home, tree.path);

    const client = connect({ home: home.path });
    const ending = new AbortController();
    const told: string[] = [];
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    const events = (async () => {
      const question = {
        path: tree.join("d"),
        signal: ending.signal,
        onConnection: () => resolve(),
      };
      for await (const event of client.events(question)) {
        if (event.kind === "changes" && event.root === tree.path) {
          told.push(...event.paths.map(String));
        }
      }
    })();
    await Promise.race([listening, events]);
    const { token } = await client.changes(tree.path);
    for (const each of NAMES) {
      writeFileSync(tree.join("d", each), "22");
    }
    const { paths } = await client.changes(tree.path, token);
    expect(paths).toEqual(expect.arrayContaining(NAMES.map((each) => `d/${each}`)));
    await eventually(() => NAMES.every((each) => told.includes(`d/${each}`)));
    ending.abort();
    await events;
    const changed = await home.gityIn(
      here,
      "changed",
      "--since",
      token,
      "--json",
      "--",
      `./${name}`,
    );
    expect(JSON.parse(changed.stdout)).toMatchObject({ root: tree.path, kind: "changed" });
    expectStatusMatchesOracle(tree.path);

    const inside = await home.gityIn({ directory: tree.join("d") }, "health", "--json", "..");
    expect(JSON.parse(inside.stdout)).toMatchObject({ root: tree.path });
    const status = await home.gityIn(here, "status", "--json", join(parent.path, name));
    expect(status.exitCode).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({ entries: expect.any(Array) });
    expect((await home.gityIn(here, "unregister", "--", name)).exitCode).toBe(0);
    expect(readFileSync(join(tree.gitDir, "config"), "utf8")).toBe(config);
    nobodyWasHere(parent.path, tree.path, tree.join("d"), home.path);
  },
  60_000,
);

test.each(["$(touch PWNED)", "-rf", "../../../etc", "a\nb"])(
  "X3 a path of nobody, %j, is refused by every command in words",
  async (name) => {
    await using home = await gityHome();
    using parent = tempDir("odd-nobody");
    await home.startDaemon();
    for (const command of ["register", "unregister", "health", "changed", "logs"]) {
      // oxlint-disable-next-line no-await-in-loop
      const result = await home.gityIn({ directory: parent.path }, command, "--", name);
      expect([command, result.exitCode > 0, result.stdout]).toEqual([command, true, ""]);
      expect(result.stderr).toMatch(/^error: .*\n(?:hint: .*\n)?$/);
    }
    nobodyWasHere(parent.path, home.path);
  },
  60_000,
);

test("X3 values of options are data, too", async () => {
  await using home = await gityHome();
  await home.startDaemon();
  for (const words of [
    ["logs", "--all", "--level", "$(touch PWNED)"],
    ["logs", "--all", "--limit", "1; touch PWNED"],
    ["changed", "--since", "$(touch PWNED)"],
    ["db", "prune-logs", "--keep-days", "-1"],
    ["completions", "../../bin/sh"],
    ["fsmonitor-helper", "$(touch PWNED)", ""],
  ]) {
    // oxlint-disable-next-line no-await-in-loop
    const result = await home.gity(...words);
    expect([words, result.exitCode > 0]).toEqual([words, true]);
  }
  nobodyWasHere(home.path);
});

/** What TAB is pressed behind. */
const TYPED = [
  "gity register $(touch",
  "gity status `touch",
  "gity list ; touch",
  "gity register a",
];

function completed(folder: TempDir, command: readonly string[]): void {
  const { exitCode } = Bun.spawnSync([...command], {
    cwd: folder.path,
    env: { ...process.env, HOME: folder.path, TERM: "dumb" },
    timeout: 20_000,
  });
  expect([command, exitCode]).toEqual([command, expect.any(Number)]);
}

function folderToCompleteIn(shell: string): TempDir {
  const folder = tempDir("odd-completions");
  const { stdout } = Bun.spawnSync([builtGity(), "completions", shell]);
  writeFileSync(folder.join(".made"), stdout);
  for (const name of NAMES) {
    writeFileSync(folder.join(name), "");
    writeFileSync(folder.join(`a${basename(name)}`), "");
  }
  return folder;
}

programTest("bash", "X3 bash completes with such files and words, and runs none of them", () => {
  using folder = folderToCompleteIn("bash");
  const script = `source .made; COMP_WORDS=(gity "$@"); COMP_CWORD=$#; compopt() { :; }; _gity`;
  for (const name of NAMES) {
    completed(folder, ["bash", "--norc", "-c", script, "bash", "register", name]);
    completed(folder, ["bash", "--norc", "-c", script, "bash", name, "--via", name]);
    completed(folder, ["bash", "--norc", "-c", script, "bash", "logs", "--limit", name, "a"]);
  }
  nobodyWasHere(folder.path);
});

programTest("fish", "X3 fish completes with such files and words, and runs none of them", () => {
  using folder = folderToCompleteIn("fish");
  for (const typed of TYPED) {
    completed(folder, ["fish", "--no-config", "-c", "source .made; complete -C $argv[1]", typed]);
  }
  nobodyWasHere(folder.path);
});
