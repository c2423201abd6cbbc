/** What is done about each resource. */

import { expect, test } from "bun:test";

import { GONE_SNAPSHOT_AGE_MS_MIN } from "../../src/base/limits.ts";
import { type ReliefOptions, makeReliefs } from "../../src/daemon/reliefs.ts";
import type { Resource, ResourceStanding } from "../../src/protocol/resources.ts";
import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";
import { BY_HOOK } from "../support/ways.ts";

function standingOf(resource: Resource, limit = 100): ResourceStanding {
  return { resource, value: limit, limit, isOver: true, message: "" };
}

/** Over a real store; whatever else is asked is written down. */
function optionsOver(store: Store, asked: string[]): ReliefOptions {
  return {
    store,
    hub: {
      forgetKept: () => {
        asked.push("events");
        return 3;
      },
    },
    monitor: {
      shrink: () => {
        asked.push("histories");
      },
    },
    statuses: {
      forgetAll: () => {
        asked.push("statuses");
      },
    },
    fleet: {
      goneWorktreeIds: () => [1],
      releaseAdopted: async () => {
        asked.push("adopted");
        return asked.length > 1 ? 0 : 2;
      },
    },
    log: {
      shrinkTo: (bytes) => {
        asked.push(`log ${bytes}`);
        return 1;
      },
    },
  };
}

test("makeReliefs() has caches shrink for memory, and older files of the log go for the log", async () => {
  using folder = tempDir("reliefs");
  using store = Store.open(folder.join("gity.db"));
  const asked: string[] = [];
  const reliefs = makeReliefs(optionsOver(store, asked));

  expect(await reliefs.memory?.(standingOf("memory"))).toContain("3 events");
  expect(await reliefs.log?.(standingOf("log", 1000))).toContain("1 older files");
  expect(asked).toEqual(["events", "statuses", "histories", "log 900"]);
  expect([reliefs.cpu, reliefs.jobs]).toEqual([undefined, undefined]);
});

test.each(["descriptors", "watches"] as const)(
  "makeReliefs() has adopted worktrees go for %s",
  async (resource) => {
    using folder = tempDir("reliefs");
    using store = Store.open(folder.join("gity.db"));
    const reliefs = makeReliefs(optionsOver(store, []));

    expect(await reliefs[resource]?.(standingOf(resource))).toContain("2 adopted worktrees");
    expect(await reliefs[resource]?.(standingOf(resource))).toBeUndefined();
  },
);

test("makeReliefs() has older log lines and old snapshots of gone worktrees leave the store", async () => {
  using folder = tempDir("reliefs");
  using store = Store.open(folder.join("gity.db"));
  const bytes = new Uint8Array(100_000);
  store.write(({ repositories, worktrees, snapshots, logLines }) => {
    const { id: repositoryId } = repositories.insert("/a/.git", 1, BY_HOOK);
    for (const root of ["/a", "/b"]) {
      const { id } = worktrees.insert({ repositoryId, root, gitDir: `${root}/.git` });
      snapshots.save({ worktreeId: id, epoch: "e", generation: 1, takenAtMs: 1, bytes });
    }
    const line = { atMs: 1, level: "info", message: "m", fields: {}, repositoryId } as const;
    logLines.insertAll([1, 2, 3, 4].map((id) => ({ ...line, id, worktreeId: null })));
  });
  const relief = makeReliefs(optionsOver(store, [])).store;

  expect(await relief?.(standingOf("store"))).toMatch(
    /^2 log lines and 1 snapshots were removed; compacted from \d+ to \d+ bytes$/,
  );

  expect(store.statistics().snapshots.map(({ root }) => root)).toEqual(["/b"]);
  expect(store.statistics().freePages).toBe(0);
  expect(await relief?.(standingOf("store"))).toContain("1 log lines and 0 snapshots");
  expect(await relief?.(standingOf("store"))).toBeUndefined();
});

test("makeReliefs() keeps the snapshot of a worktree that was there a day ago", async () => {
  using folder = tempDir("reliefs");
  using store = Store.open(folder.join("gity.db"));
  const takenAtMs = Date.now() - GONE_SNAPSHOT_AGE_MS_MIN / 2;
  store.write(({ repositories, worktrees, snapshots }) => {
    const { id: repositoryId } = repositories.insert("/a/.git", 1, BY_HOOK);
    const { id } = worktrees.insert({ repositoryId, root: "/a", gitDir: "/a/.git" });
    const bytes = new Uint8Array(10);
    snapshots.save({ worktreeId: id, epoch: "e", generation: 1, takenAtMs, bytes });
  });

  expect(await makeReliefs(optionsOver(store, [])).store?.(standingOf("store"))).toBeUndefined();
  expect(store.statistics().snapshots).toHaveLength(1);
});
