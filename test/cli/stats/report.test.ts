/** What is put together of the daemon's counts. */

import { expect, test } from "bun:test";

import { GityError } from "../../../src/base/errors.ts";
import { LatencyHistogram } from "../../../src/base/latency-histogram.ts";
import { collectStats, type StatsSource } from "../../../src/cli/stats/report.ts";
import type { HealthReply } from "../../../src/protocol/api.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";
import { sampleHealth } from "./samples.ts";

function sourceOf(...healths: readonly HealthReply[]): StatsSource {
  const worktrees = [
    ...healths.map(({ root, gitDir }) => ({ root, gitDir })),
    { root: "/gone", gitDir: "/gone/.git" },
  ];
  return {
    daemonInfo: async () => ({
      version: "1",
      fingerprint: "f",
      builtAtMs: 1,
      pid: 1,
      startedAtMs: 7,
      home: "/h",
      repositories: 1,
      worktrees: 1,
      tcpAddress: null,
      residentBytes: 8,
    }),
    list: async () => ({
      repositories: [
        {
          commonDir: "/a/.git",
          registeredAtMs: 1,
          via: "socket",
          viaReason: "",
          wantedVia: "auto",
          worktrees: worktrees.map((place) => ({
            ...place,
            state: "ready",
            reason: null,
            watchedDirectories: 1,
          })),
        },
      ],
    }),
    health: async (path) => {
      const health = healths.find(({ root }) => root === path);
      if (health === undefined) {
        throw new GityError("NOT_REGISTERED", `'${path}' is not registered`);
      }
      return health;
    },
  };
}

function latencyOf(...durationsMs: readonly number[]) {
  const histogram = new LatencyHistogram();
  for (const durationMs of durationsMs) {
    histogram.record(durationMs);
  }
  return histogram.report();
}

test("collectStats() adds up all that is registered, without what was unregistered meanwhile", async () => {
  using tree = tempWorktree("report", { files: { a: "1", b: "2" } });
  const measurement = { atMs: 1, runs: 10, withMs: 10, withoutMs: 30 };
  const one = sampleHealth({
    root: "/a",
    gitDir: tree.gitDir,
    queries: 4,
    unknownAnswers: 1,
    latency: latencyOf(1, 2),
  });
  const other = sampleHealth({
    root: "/b",
    gitDir: "/nowhere",
    queries: 2,
    measurement,
    eventsRead: 5,
    latency: latencyOf(3),
  });
  const unknown = sampleHealth({ root: "/c", gitDir: "/nowhere", queries: 9 });
  const { daemon, total, worktrees } = await collectStats(sourceOf(one, other, unknown), undefined);

  expect(daemon).toEqual({ startedAtMs: 7, residentBytes: 8 });
  expect(total).toEqual({
    queries: 15,
    unknownAnswers: 1,
    latency: latencyOf(1, 2, 3),
    // Three at 2 µs less 1 ms, less 1 ms for the '/'; and two at 20 ms.
    savedMs: expect.closeTo(-3.994 + 40, 6),
    eventsRead: 5,
    watchedDirectories: 3,
  });
  expect(
    worktrees.map(({ root, via, indexEntries, estimate }) => [
      root,
      via,
      indexEntries,
      estimate?.basis,
    ]),
  ).toEqual([
    ["/a", "socket", 2, "entries"],
    ["/b", "socket", null, "measured"],
    ["/c", "socket", null, undefined],
  ]);
});

test("collectStats() of a path is of one worktree, and of one that nobody registered by the hook", async () => {
  const health = sampleHealth({ root: "/a", gitDir: "/nowhere" });
  const source = sourceOf(health, sampleHealth({ root: "/b", gitDir: "/b/.git" }));
  const adopted = { ...source, list: async () => ({ repositories: [] }) };

  expect((await collectStats(source, "/a")).worktrees).toMatchObject([
    { root: "/a", via: "socket" },
  ]);
  expect((await collectStats(adopted, "/a")).worktrees).toMatchObject([
    { root: "/a", via: "hook" },
  ]);
});

test("collectStats() looks at no index of a worktree that cannot be watched", async () => {
  using tree = tempWorktree("report", { files: { a: "1" } });
  const health = sampleHealth({ root: "/a", gitDir: tree.gitDir, state: "degraded" });

  expect((await collectStats(sourceOf(health), "/a")).worktrees).toMatchObject([
    { indexEntries: null, estimate: null },
  ]);
});
