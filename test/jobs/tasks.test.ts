/** The kinds of work there are. */

import { expect, test } from "bun:test";

import { isMaintenanceTask, kindOf, priorityOf, tasksOf } from "../../src/jobs/tasks.ts";
import { JOB_TASKS, MAINTENANCE_TASKS } from "../../src/protocol/job.ts";
import { tryRunGit } from "../support/run-git.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test("tasksOf() has every task in one place, in the order in which they help each other", () => {
  expect((["prefetch", "maintenance", "request"] as const).map(tasksOf)).toEqual([
    ["prefetch"],
    ["loose-objects", "incremental-repack", "commit-graph", "pack-refs"],
    ["gc"],
  ]);
});

test("priorityOf() has whatever somebody waits for before all that nobody does, in the same order", () => {
  const user = MAINTENANCE_TASKS.map((task) => priorityOf(task, "user"));
  const schedule = MAINTENANCE_TASKS.map((task) => priorityOf(task, "schedule"));

  expect(Math.max(...user.filter((_, i) => MAINTENANCE_TASKS[i] !== "gc"))).toBeLessThan(
    Math.min(...schedule),
  );
  expect(user.map((priority, i) => (schedule[i] ?? 0) - priority)).toEqual(
    MAINTENANCE_TASKS.map(() => 100),
  );
});

test("isMaintenanceTask() of what git does, and of nothing else", () => {
  expect(JOB_TASKS.filter((task) => !isMaintenanceTask(task))).toEqual(["catch-up"]);
});

test.each([...MAINTENANCE_TASKS])("git knows the task %s, and it may take its time", (task) => {
  using tree = tempWorktree("tasks");
  tree.git("repack", "-d", "--quiet");

  const { exitCode, stderr } = tryRunGit(tree.path, ["maintenance", "run", `--task=${task}`]);

  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(kindOf(task).timeoutMs).toBeGreaterThanOrEqual(60_000);
});
