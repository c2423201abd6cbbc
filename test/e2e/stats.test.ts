/**
 * What `gity stats` says of git's questions, and what `--bench` does beside the user's git: with a git that asks
 * gity-helper, and with one that asks the socket.
 */

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

import type { StatsReport } from "../../src/cli/stats/report.ts";
import { builtGity } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome } from "../support/gity-home.ts";
import { newerGit } from "../support/newer-git.ts";
import { GIT } from "../support/run-git.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

const NEWER_GIT = newerGit();
const WAYS = [
  { via: "hook", git: Bun.which(GIT) ?? "" },
  // Without a git that asks sockets: `bun test/support/newer-git.ts`.
  ...(NEWER_GIT === undefined ? [] : [{ via: "socket", git: NEWER_GIT }]),
] as const;

interface Registered {
  readonly environment: { readonly PATH: string };
  /** Runs the git that asks in this way; it must succeed. */
  readonly git: (...args: string[]) => void;
  readonly stats: (...words: string[]) => Promise<StatsReport>;
}

/** Registered, and asked as often as it takes until git has a token that is answered with what changed. */
async function registered(
  home: GityHome,
  tree: TempWorktree,
  { via, git: executable }: (typeof WAYS)[number],
): Promise<Registered> {
  const environment = { PATH: dirname(executable) + delimiter + (process.env["PATH"] ?? "") };
  const register = await home.gityIn({ environment }, "register", "--via", via, tree.path);
  expect(register).toMatchObject({ exitCode: 0 });
  const git = (...args: string[]): void => {
    const child = Bun.spawnSync([executable, ...args], { cwd: tree.path });
    expect([child.exitCode, child.stderr.toString()]).toEqual([0, ""]);
  };
  for (let i = 0; i < 3; i += 1) {
    git("status");
  }
  const stats = async (...words: string[]): Promise<StatsReport> => {
    const result = await home.gityIn({ environment }, "stats", tree.path, "--json", ...words);
    expect(result).toMatchObject({ exitCode: 0 });
    return JSON.parse(result.stdout) as StatsReport;
  };
  return { environment, git, stats };
}

function indexOf(tree: TempWorktree): readonly unknown[] {
  const path = join(tree.gitDir, "index");
  const { ino, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return [ino, mtimeNs, ctimeNs, readFileSync(path).toString("hex")];
}

/** A git in front of the others that runs `script` first. */
function gitInFront(folder: TempDir, executable: string, script: string): string {
  mkdirSync(folder.join("bin"));
  const text = `#!/bin/sh\n${script}\nexec '${executable}' "$@"\n`;
  writeFileSync(folder.join("bin/git"), text, { mode: 0o755 });
  return folder.join("bin") + delimiter + (process.env["PATH"] ?? "");
}

test.each(WAYS)("gity stats counts what git has asked, by $via, and nothing else", async (way) => {
  await using home = await gityHome();
  using tree = tempWorktree("stats", { files: { a: "x", b: "x" } });
  const { git, stats } = await registered(home, tree, way);
  const before = await stats();
  await home.gity("changed", tree.path);
  const unasked = await stats();
  for (let i = 0; i < 5; i += 1) {
    git("status");
  }
  tree.write("a", "changed");
  tree.write("b", "changed");
  git("diff", "--quiet", "--exit-code", "HEAD", "--", "nothing");
  git("status");
  const after = await stats();

  const [one, same, other] = [before, unasked, after].map(({ worktrees }) => worktrees[0]!);
  expect(same).toEqual(one);
  expect(other!.queries - one!.queries).toBe(7);
  expect(other!.latency.count - one!.latency.count).toBe(7);
  expect(other!.unknownAnswers).toBe(one!.unknownAnswers);
  expect(other!.countedSinceMs).toBe(one!.countedSinceMs);
  expect(after.total.queries).toBe(other!.queries);
  expect(other).toMatchObject({ via: way.via, indexEntries: 2, measurement: null, state: "ready" });
  if (way.via === "socket") {
    const { answers, empty } = one!.answeredPaths;
    expect(other!.answeredPaths).toMatchObject({
      answers: answers + 7,
      empty: empty + 5,
      most: expect.any(Number),
    });
  }
});

test.each(WAYS)(
  "gity stats begins anew with each daemon, by $via, and keeps what was measured",
  async (way) => {
    await using home = await gityHome();
    using tree = tempWorktree("stats", { files: { a: "x" } });
    const { stats } = await registered(home, tree, way);
    const before = await stats();
    const { bench } = await stats("--bench", "--runs", "6");
    await home.gity("daemon", "restart");
    const after = await stats();

    expect(bench).toMatchObject({
      runs: 6,
      agree: true,
      doubts: [],
      queries: 7,
      unknownAnswers: 0,
    });
    expect(after.worktrees[0]).toMatchObject({
      queries: 0,
      measurement: { runs: 6, withMs: bench!.withMs!, withoutMs: bench!.withoutMs! },
      estimate: { basis: "measured", perAnswerMs: bench!.withoutMs! - bench!.withMs! },
    });
    expect(after.daemon.startedAtMs).toBeGreaterThan(before.daemon.startedAtMs);
    expect(after.worktrees[0]!.countedSinceMs).toBeGreaterThan(before.worktrees[0]!.countedSinceMs);
  },
);

test.each(WAYS)(
  "gity stats --bench leaves the index as it was to the byte, by $via",
  async (way) => {
    await using home = await gityHome();
    using scratch = tempDir("stats");
    using tree = tempWorktree("stats", {
      files: { a: "x", "d/b": "y", ".gitignore": "ignored\n", c: "z" },
    });
    tree.write("ignored/f", "x");
    const { environment, stats } = await registered(home, tree, way);
    tree.write("a", "changed");
    tree.write("new", "x");
    const before = [indexOf(tree), readdirSync(tree.gitDir).toSorted()];
    const TMPDIR = scratch.path;
    const measured = { environment: { ...environment, TMPDIR }, directory: tree.path };
    const { exitCode, stdout, stderr } = await home.gityIn(measured, "stats", "--bench");

    expect([exitCode, stdout, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^with gity +[\d.]+ ms, the median of 10 runs\nwithout +[\d.]+ ms; both have printed the same\nratio +[\d.]+ times as long without gity; between [\d.]+ and [\d.]+ with 98% confidence\n$/,
      ),
      expect.stringMatching(/^measuring 'git status' in .*, 10 times with gity and without …\n$/),
    ]);
    expect([indexOf(tree), readdirSync(tree.gitDir).toSorted()]).toEqual(before);
    expect(readdirSync(scratch.path)).toEqual([]);
    expect((await stats()).worktrees[0]).toMatchObject({ measurement: { runs: 10 } });
  },
);

test.each(WAYS)("gity stats --bench finds a git that misses a change, by $via", async (way) => {
  await using home = await gityHome();
  using scratch = tempDir("stats");
  using tree = tempWorktree("stats", { files: { a: "x" } });
  const { stats } = await registered(home, tree, way);
  tree.write("new", "x");
  // With gity nothing is ever new.
  const lie = `case " $* " in *" status "*) [ -n "$GIT_INDEX_FILE" ] || exit 0;; esac`;
  const environment = { PATH: gitInFront(scratch, way.git, lie) };
  const text = await home.gityIn({ environment }, "stats", "--bench", tree.path);
  const json = await home.gityIn({ environment }, "stats", "--bench", "--json", tree.path);

  expect(text).toMatchObject({ exitCode: 1, stdout: "" });
  expect(text.stderr).toContain(
    `error: git says something else with gity than without it in '${tree.path}'\n`,
  );
  expect(text.stderr).toContain("hint: only without gity: ? new\n");
  expect(json.exitCode).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    bench: { agree: false, runs: 0, withMs: null, onlyWith: [], onlyWithout: ["? new"] },
  });
  expect((await stats()).worktrees[0]).toMatchObject({ measurement: null });
});

test.each(WAYS)(
  "gity stats --bench doubts what was not measured as git works, by $via",
  async (way) => {
    await using home = await gityHome();
    using tree = tempWorktree("stats", { files: { a: "x" } });
    const { git, stats } = await registered(home, tree, way);
    const few = await stats("--bench", "--runs", "2");
    git("-c", "core.fsmonitor=false", "update-index", "--no-fsmonitor");
    const first = await stats("--bench", "--runs", "6");
    git("config", "core.fsmonitor", "false");
    const never = await stats("--bench", "--runs", "6");

    expect(few.bench?.doubts).toEqual([expect.stringContaining("fewer than six runs")]);
    expect(first.bench?.doubts).toEqual([expect.stringContaining("the index is from before gity")]);
    expect(never.bench?.doubts).toEqual([
      expect.stringContaining("git asked gity 0 times in 7 runs"),
    ]);
    expect(never.worktrees[0]).toMatchObject({ measurement: null });
  },
);

test("gity stats --bench ends on Ctrl-C in the middle of a run, and leaves nothing", async () => {
  await using home = await gityHome();
  using scratch = tempDir("stats");
  using tree = tempWorktree("stats", { files: { a: "x" } });
  const [way] = WAYS;
  const { stats } = await registered(home, tree, way);
  const before = indexOf(tree);
  mkdirSync(scratch.join("tmp"));
  // git never comes back: it is the fourth run that hangs.
  const hang = `case " $* " in *" status "*) echo >>'${scratch.path}/runs'; [ $(wc -l <'${scratch.path}/runs') -lt 4 ] || { : >'${scratch.path}/hangs'; exec sleep 1000; };; esac`;
  const PATH = gitInFront(scratch, way.git, hang);
  const child = Bun.spawn([builtGity(), "stats", "--bench", "--json", tree.path], {
    env: { ...process.env, GITY_HOME: home.path, PATH, TMPDIR: scratch.join("tmp") },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 50_000,
  });
  await eventually(() => existsSync(scratch.join("hangs")));
  const during = readdirSync(scratch.join("tmp"));
  child.kill("SIGINT");

  expect([await child.exited, await new Response(child.stdout).text()]).toEqual([130, ""]);
  expect(during).toEqual([expect.stringMatching(/^gity-stats-/)]);
  expect(readdirSync(scratch.join("tmp"))).toEqual([]);
  expect(indexOf(tree)).toEqual(before);
  expect((await stats()).worktrees[0]).toMatchObject({ measurement: null });
});
