/** `gity stats`. What git and it say of each other is in test/e2e/stats.test.ts. */

import { expect, test } from "bun:test";

import { builtGity } from "../../support/built.ts";
import { gityHome } from "../../support/gity-home.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

const ESCAPE = "\u001B";

test("gity stats of what is not registered: exit code 5, also with --bench", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("stats");
  await home.startDaemon();

  for (const words of [[], ["--bench"]]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await home.gity("stats", ...words, tree.path)).toMatchObject({
      exitCode: 5,
      stdout: "",
      stderr: expect.stringContaining("is not registered"),
    });
  }
});

test("gity stats says when there is no daemon, and when nothing is registered", async () => {
  await using home = await gityHome();
  const noDaemon = await home.gity("stats");
  await home.startDaemon();

  expect(noDaemon).toMatchObject({
    exitCode: 3,
    stdout: "",
    stderr: expect.stringContaining("hint: start it with 'gity daemon start'"),
  });
  expect(await home.gity("stats")).toEqual({
    exitCode: 0,
    stdout: "",
    stderr: "nothing is registered; begin with 'gity register PATH'\n",
  });
  expect(await home.gityJson("stats")).toMatchObject({ total: { queries: 0 }, worktrees: [] });
});

test.each(["0", "1001", "-1", "x"])("gity stats --runs=%s: exit code 2", async (runs) => {
  await using home = await gityHome();

  expect(await home.gity("stats", "--bench", `--runs=${runs}`)).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringContaining("'--runs' is a number from 1 to 1000"),
  });
});

test("gity stats --runs without --bench: exit code 2", async () => {
  await using home = await gityHome();

  expect(await home.gity("stats", "--runs", "3")).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringContaining("--runs needs --bench"),
  });
});

test("gity stats shows totals and a table, and one worktree in detail", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("stats", { files: { a: "x" } });
  using other = tempWorktree("stats", { files: { a: "x" } });
  await home.register(tree.path);
  await home.register(other.path);
  const nobody = (await home.gity("stats", tree.path)).stdout;
  tree.git("status");
  const all = (await home.gity("stats")).stdout;
  const { stdout: one } = await home.gityIn({ directory: tree.path }, "stats", ".");

  expect(nobody).toMatch(/^latency +git has not asked$/m);
  expect(nobody).not.toContain("UP TO");
  expect(all).toMatch(/^counted +since .*Z, \d+ ms ago|^counted +since .*Z, [\d.]+ s ago/m);
  expect(all).toMatch(/^ *UP TO +ANSWERS +SHARE$/m);
  expect(all).toMatch(/^QUERIES +'\/' +P50 +P99 +SAVED +EVENTS +WORKTREE$/m);
  expect(all).toContain(tree.path);
  expect(all).toContain(other.path);
  expect(one).toMatch(new RegExp(`^worktree +${tree.path}$`, "m"));
  expect(one).toMatch(/^queries +[1-9]/m);
  expect(one).not.toContain(other.path);
  expect([nobody, all, one].join("")).not.toContain(ESCAPE);
});

/** script(1) runs it on a terminal of its own. */
test.skipIf(Bun.which("script") === null)("gity stats colours its bars on a terminal", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("stats", { files: { a: "x" } });
  await home.register(tree.path);
  tree.git("status");
  const onTerminal = (environment: Record<string, string>): string => {
    const command = `stty cols 50; ${builtGity()} stats ${tree.path}`;
    const child = Bun.spawnSync(["script", "-qec", command, "/dev/null"], {
      env: { ...process.env, GITY_HOME: home.path, TERM: "xterm", ...environment },
      stdin: "ignore",
    });
    return child.stdout.toString();
  };
  const bars = onTerminal({ NO_COLOR: "1" })
    .split("\r\n")
    .filter((line) => line.includes("##"));

  expect(onTerminal({ NO_COLOR: "" })).toContain(`${ESCAPE}[32m####`);
  expect(bars.map((line) => line.length)).toContain(49);
  expect(bars.join("")).not.toContain(ESCAPE);
});
