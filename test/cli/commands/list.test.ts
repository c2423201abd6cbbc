/** `gity list`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity list shows worktrees in columns, and says when there are none", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("list", { files: { "a/b": "x" } });
  await home.startDaemon();
  const none = await home.gity("list");
  await home.gityJson("register", tree.path);

  expect(none).toMatchObject({ exitCode: 0, stdout: "" });
  expect((await home.gity("list")).stdout).toBe(
    `STATE  DIRECTORIES  WORKTREE\nready            2  ${tree.path}\n`,
  );
  expect(await home.gityJson("list")).toMatchObject({
    repositories: [{ commonDir: tree.gitDir, worktrees: [{ root: tree.path, state: "ready" }] }],
  });
});

test("gity list --stats shows how each worktree is asked", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("list", { files: { "a/b": "x" } });
  await home.register(tree.path);
  const before = (await home.gity("list", "--stats")).stdout;
  // Not git: not counted.
  await home.gity("changed", tree.path);
  await home.gity("doctor", tree.path);
  const tools = (await home.gity("list", "--stats")).stdout;
  tree.git("status");
  const after = (await home.gity("list", "--stats")).stdout;

  expect(before).toBe(
    `STATE  DIRECTORIES  QUERIES  P50  P99  '/'  EVENTS  WORKTREE\n` +
      `ready            2        0    -    -    0       0  ${tree.path}\n`,
  );
  expect(tools).toBe(before);
  expect(after).toMatch(/^ready +2 +[1-9]/m);
  expect(await home.gityJson("list", "--stats")).toMatchObject({
    repositories: [
      {
        logLines: expect.any(Number),
        worktrees: [
          {
            root: tree.path,
            health: { unknownReasons: { "foreign-token": 0 }, watchedDirectories: 2 },
            snapshotBytes: expect.any(Number),
          },
        ],
      },
    ],
  });
});

test("gity list says when there is no daemon: exit code 3", async () => {
  await using home = await gityHome();

  expect(await home.gity("list")).toMatchObject({
    exitCode: 3,
    stdout: "",
    stderr: expect.stringContaining("hint: start it with 'gity daemon start'"),
  });
});
