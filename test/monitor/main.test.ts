/** The monitor thread as the control thread sees it. */

import { expect, test } from "bun:test";

import { startMonitor } from "../support/monitor-thread.ts";

test("the monitor thread starts, covers a tree with a walker's help, and stops when told", async () => {
  await using monitor = await startMonitor();
  await monitor.ready();
  const reply = await monitor.request({ kind: "health", worktreeId: 1 });
  expect(reply).toMatchObject({ kind: "health", health: { state: "ready", generation: 1 } });
});

test("the monitor thread answers `changes` by message as it does by socket", async () => {
  await using monitor = await startMonitor();
  await monitor.ready();
  const first = await monitor.request({ kind: "changes", worktreeId: 1, since: "" });
  expect(first).toMatchObject({ kind: "changes", paths: undefined });
  const since = first.kind === "changes" ? first.token : "";
  await Bun.write(monitor.root.join("f"), "");
  const second = await monitor.request({ kind: "changes", worktreeId: 1, since });
  expect(second).toMatchObject({ kind: "changes", paths: ["f"] });
});
