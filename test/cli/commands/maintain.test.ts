/** `gity maintain`. */

import { expect, test } from "bun:test";

import { ROUTINE_TASKS } from "../../../src/protocol/job.ts";
import { gityHome } from "../../support/gity-home.ts";
import { gitText } from "../../support/run-git.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity maintain does the tasks of the schedule, one a line", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("maintain", { files: { a: "x", b: "y" } });
  await home.register(tree.path);

  const { exitCode, stdout, stderr } = await home.gity("maintain", tree.path);

  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout.split("\n").map((line) => line.split(" ")[0])).toEqual([...ROUTINE_TASKS, ""]);
  expect(stdout).toMatch(/^loose-objects +\d[\d.]* m?s {2}[\d.]+ KiB(?: -> [\d.]+ KiB)?$/m);
  expect(gitText(tree.path, "count-objects", "-v")).toMatch(/^in-pack: [1-9]/m);
});

test("gity maintain --task does these only, each once", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("maintain", { files: { a: "x" } });
  await home.register(tree.path);

  expect(
    await home.gityJson("maintain", "--task", "pack-refs,gc,pack-refs", tree.path),
  ).toMatchObject({
    commonDir: tree.gitDir,
    runs: [
      { task: "pack-refs", outcome: "finished", origin: "user" },
      { task: "gc", outcome: "finished" },
    ],
  });
});

test("gity maintain refuses what is no task, and what is not registered", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("maintain");
  await home.startDaemon();

  expect(await home.gity("maintain", "--task", "pack-refs,cg", tree.path)).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringMatching(/^error: unknown value 'cg' of option '--task'\nhint: /),
  });
  expect(await home.gity("maintain", tree.path)).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining("'gity daemon oneshot PATH'"),
  });
});
