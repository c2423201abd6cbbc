/** The program itself, with a ready-made status that is easily told from git's. */

import { expect, test } from "bun:test";
import { appendFileSync } from "node:fs";

import { builtGity } from "../../support/built.ts";
import { gityHome } from "../../support/gity-home.ts";
import {
  PLAIN_ENVIRONMENT,
  playMonitor,
  READY_MADE,
  READY_TOKEN,
  readyStatusOf,
  writeReadyFile,
} from "../../support/ready-made.ts";
import { GIT, runGit } from "../../support/run-git.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

/** What gity finds in these tests. */
const GIT_PATH = Bun.which(GIT) ?? "";

test("gity status prints what is ready-made, and else what git prints", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("show", { files: { "d/f": "" } });
  const file = writeReadyFile(home.path, tree, readyStatusOf(tree, {}, GIT_PATH));
  using monitor = playMonitor(tree.gitDir, `${READY_TOKEN}\0`);
  const options = { directory: tree.path, environment: PLAIN_ENVIRONMENT };
  const status = async (...words: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await home.gityIn(options, "status", ...words);
    expect([exitCode, stderr]).toEqual([0, ""]);
    return stdout;
  };

  expect(await status()).toBe(READY_MADE);
  expect(JSON.parse(await status("--json"))).toMatchObject({ branch: "ready-made" });
  expect(monitor.questions.length).toBe(2);
  // Not kept; not understood; stale; of a torn file.
  expect(await status("--short")).toBe("");
  expect(await status("--ignored")).toBe(runGit(tree.path, "status", "--ignored").toString());
  appendFileSync(`${tree.gitDir}/config`, "\n");
  expect(await status()).toBe(runGit(tree.path, "status").toString());
  writeReadyFile(home.path, tree, readyStatusOf(tree, {}, GIT_PATH));
  expect(await status()).toBe(READY_MADE);
  appendFileSync(file, "x");
  expect(await status()).toBe(runGit(tree.path, "status").toString());
});

test("gity status in another worktree prints what is ready-made there", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("show");
  using other = tempWorktree("show", { files: { f: "" } });
  writeReadyFile(home.path, other, readyStatusOf(other, {}, GIT_PATH));
  using _monitor = playMonitor(other.gitDir, `${READY_TOKEN}\0`);
  const options = { directory: tree.path, environment: PLAIN_ENVIRONMENT };

  expect(await home.gityIn(options, "status", other.path)).toMatchObject({ stdout: READY_MADE });
  expect(await home.gityIn(options, "status", "--json", other.path)).toMatchObject({
    stdout: expect.stringContaining('"branch":"ready-made"'),
  });
});

test("gity status ends as git does where nobody reads, and where nothing can be written", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("show", { files: { f: "" } });
  writeReadyFile(home.path, tree, readyStatusOf(tree, {}, GIT_PATH));
  using _monitor = playMonitor(tree.gitDir, `${READY_TOKEN}\0`);
  /** What is said at the end, with the exit code; `go` in the redirection lets it begin. */
  const endOf = async (program: string, redirection: string): Promise<string> => {
    const script = `(read -r _ <go; exec ${program} status) ${redirection}`;
    const child = Bun.spawn(["bash", "-c", `${script}; echo "end \${PIPESTATUS[0]}" >&2`], {
      cwd: tree.gitDir.replace(/\.git$/, ""),
      env: { ...process.env, ...PLAIN_ENVIRONMENT, GITY_HOME: home.path },
      stdout: "ignore",
      stderr: "pipe",
    });
    return new Response(child.stderr).text();
  };
  const go = tree.join("go");
  Bun.spawnSync(["mkfifo", go]);

  for (const redirection of [
    ">/dev/full & echo >go; wait $!",
    ">&- & echo >go; wait $!",
    "| (exec <&-; echo >go)",
  ]) {
    const byGity = endOf(builtGity(), redirection);
    expect([redirection, await byGity]).toEqual([redirection, await endOf(GIT, redirection)]);
  }
});
