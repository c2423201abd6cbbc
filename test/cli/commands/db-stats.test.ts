/** `gity db stats`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity db stats shows sizes, rows and snapshots in columns", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("stats", { files: { f: "" } });
  await home.register(tree.path);
  await home.gity("daemon", "stop");

  const { exitCode, stdout, stderr } = await home.gity("db", "stats");

  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^store {12}\/tmp\/.*\/data\/gity\.db\nsize {13}\d+\.\d KiB\n/);
  expect(stdout).toContain("\n   1  repositories\n");
  expect(await home.gityJson("db", "stats")).toMatchObject({
    tables: expect.arrayContaining([{ name: "worktrees", rows: 1 }]),
    oldestLogAtMs: expect.any(Number),
  });
});

test("gity db stats without a store says so", async () => {
  await using home = await gityHome();

  expect(await home.gity("db", "stats")).toEqual({
    exitCode: 0,
    stdout: "",
    stderr: "nothing is stored yet\n",
  });
});
