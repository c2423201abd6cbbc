/** `gity daemon queue-job`. */

import { expect, test } from "bun:test";

import { eventually } from "../../support/eventually.ts";
import { gityHome } from "../../support/gity-home.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity daemon queue-job queues, shows and cancels", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("queue", { files: { a: "x" } });
  tree.git("config", "gity.maintenance", "false");
  tree.git("config", "gity.prefetch", "false");
  await home.register(tree.path);
  const nothing = await home.gity("daemon", "queue-job");
  const queued = await home.gity("daemon", "queue-job", "gc", tree.path);
  const id = /\(job (\d+)\)/.exec(queued.stderr)?.[1] ?? "";
  const shown = await home.gity("daemon", "queue-job");

  expect(nothing).toEqual({ exitCode: 0, stdout: "", stderr: "nothing waits or runs\n" });
  expect(queued).toMatchObject({ exitCode: 0, stdout: "" });
  expect(queued.stderr).toMatch(/^queued: 'gc' in \S+ \(job \d+\); it waits, because /);
  expect(shown.stdout).toMatch(
    new RegExp(
      String.raw`^ID +TASK +REPOSITORY +STATE +WAITS, BECAUSE\n${id} +gc +${tree.gitDir} +queued +[a-z0-9 ]+\n$`,
    ),
  );
  expect(await home.gity("daemon", "queue-job", "--cancel", id)).toEqual({
    exitCode: 0,
    stdout: "",
    stderr: `cancelled job ${id}\n`,
  });
  expect(await home.gityJson("daemon", "queue-job")).toMatchObject({
    jobs: [],
    runs: [{ task: "gc", outcome: "cancelled" }],
  });
});

test("gity daemon queue-job --now returns at once, and shows the run when it has ended", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("queue", { files: { a: "x" } });
  await home.register(tree.path);

  const queued = await home.gity("daemon", "queue-job", "--now", "pack-refs", tree.path);
  const shown = await eventually(async () => {
    const { stdout } = await home.gity("daemon", "queue-job");
    return stdout.includes("BEGUN") ? stdout : undefined;
  });

  expect(queued).toMatchObject({ exitCode: 0, stdout: "" });
  expect(shown).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z +pack-refs +\S+ +finished +[\d.]+ m?s +[\d.]+ KiB$/m,
  );
});

test.each([
  [["nope"], 2, "unknown argument 'nope'"],
  [["--now"], 2, "--now needs a task"],
  [["--cancel", "7", "gc"], 2, "--cancel goes with no task"],
  [["--cancel", "x"], 2, "'x' is not the number of a job"],
  [["--cancel", "7"], 2, "there is no job 7"],
  [["gc", "/"], 4, "cannot watch '/': it is not a git repository"],
])("gity daemon queue-job %j is told what is wrong", async (words, exitCode, message) => {
  await using home = await gityHome();
  await home.startDaemon();

  expect(await home.gity("daemon", "queue-job", ...words)).toEqual({
    exitCode,
    stdout: "",
    stderr: expect.stringContaining(`error: ${message}`),
  });
});
