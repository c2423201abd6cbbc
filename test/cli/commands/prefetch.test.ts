/** `gity prefetch`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { gitText, tryRunGit } from "../../support/run-git.ts";
import { addRemote } from "../../support/temp-remote.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity prefetch --now fetches what others pushed, and moves no branch", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("prefetch", { files: { a: "x" } });
  const remote = addRemote(tree);
  await home.register(tree.path);
  const before = gitText(tree.path, "rev-parse", "origin/main");
  const news = remote.publish("news", "n".repeat(10_000));

  const { exitCode, stdout, stderr } = await home.gity("prefetch", "--now", tree.path);

  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^prefetch {2}\d[\d.]* m?s {2}received [\d.]+ (?:B|KiB)\n$/);
  expect(gitText(tree.path, "rev-parse", "refs/prefetch/remotes/origin/main")).toBe(news);
  expect(gitText(tree.path, "rev-parse", "origin/main")).toBe(before);
  expect((await home.gity("prefetch", "--now", tree.path)).stdout).toContain(
    "nothing was received\n",
  );
});

test("gity prefetch queues it for a quiet moment, and says what it waits for", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("prefetch", { files: { a: "x" } });
  addRemote(tree);
  await home.register(tree.path);

  const { exitCode, stdout, stderr } = await home.gity("prefetch", tree.path);

  expect([exitCode, stdout]).toEqual([0, ""]);
  expect(stderr).toMatch(
    /^queued: 'prefetch' in \/\S+\/\.git \(job \d+\); it waits, because [a-z0-9 ]+\n$/,
  );
  expect(await home.gityJson("prefetch", tree.path)).toMatchObject({
    commonDir: tree.gitDir,
    jobs: [{ task: "prefetch", state: "queued", waitsFor: expect.any(String) }],
  });
  expect((await home.gity("health", tree.path)).stdout).toMatch(
    /^job +prefetch queued, because \S/m,
  );
});

test("gity prefetch says when it is switched off, and does it --now all the same", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("prefetch", { files: { a: "x" } });
  addRemote(tree);
  tree.git("config", "gity.prefetch", "false");
  await home.register(tree.path);

  expect(await home.gity("prefetch", tree.path)).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringMatching(
      /^error: 'prefetch' is switched off in \S+\nhint: 'git config gity\.prefetch' and /,
    ),
  });
  expect(await home.gity("prefetch", "--now", tree.path)).toMatchObject({ exitCode: 0 });
});

test("gity prefetch --now tells what git says when the remote is gone: exit code 9", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("prefetch", { files: { a: "x" } });
  tree.git("remote", "add", "origin", `file://${tree.path}-none`);
  await home.register(tree.path);

  const text = await home.gity("prefetch", "--now", tree.path);
  const json = await home.gity("prefetch", "--now", "--json", tree.path);

  expect([text.exitCode, text.stdout]).toEqual([9, ""]);
  expect(text.stderr).toMatch(/^error: 'prefetch' has failed: fatal: '.*-none' does not appear/);
  expect(text.stderr).toContain("\nhint: git said\n  fatal: ");
  expect(json.exitCode).toBe(9);
  expect(JSON.parse(json.stdout)).toMatchObject({
    commonDir: tree.gitDir,
    runs: [{ task: "prefetch", outcome: "failed", exitCode: 1 }],
  });
});

test("gity prefetch is for what is registered: exit code 5, and a hint", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("prefetch");
  await home.startDaemon();

  for (const words of [[], ["--now"]]) {
    expect(await home.gity("prefetch", ...words, tree.path)).toEqual({
      exitCode: 5,
      stdout: "",
      stderr:
        `error: '${tree.path}' is not registered\n` +
        "hint: register it with 'gity register PATH', or have all that is due done once with " +
        "'gity daemon oneshot PATH'\n",
    });
  }
  expect(tryRunGit(tree.path, ["rev-parse", "--verify", "refs/prefetch"]).exitCode).not.toBe(0);
});
