/** The store without a daemon. */

import { existsSync, mkdirSync } from "node:fs";

import { expect, test } from "bun:test";

import { type HomeLayout, homeLayout } from "../../src/base/home.ts";
import { openIdleStore } from "../../src/store/idle-store.ts";
import { InstanceLock } from "../../src/store/instance-lock.ts";
import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";

function layoutIn(home: string): HomeLayout {
  const layout = homeLayout({ GITY_HOME: home });
  if (layout === undefined) {
    throw new Error(`'${home}' is not absolute`);
  }
  return layout;
}

test("openIdleStore() keeps daemons away as long as it is open", async () => {
  using folder = tempDir("idle");
  const layout = layoutIn(folder.path);
  mkdirSync(layout.dataFolder);
  Store.open(layout.database)[Symbol.dispose]();
  {
    using store = openIdleStore(layout);

    expect((await store.storeStatistics()).tables.length).toBeGreaterThan(0);
    expect((await store.compactStore()).bytesAfter).toBeGreaterThan(0);
    expect(await store.pruneLogs(1)).toEqual({ removed: 0, kept: 0 });
    expect(() => InstanceLock.acquire(layout.lock)).toThrow(
      expect.objectContaining({ code: "DAEMON_ALREADY_RUNNING" }),
    );
  }
  using lock = InstanceLock.acquire(layout.lock);
  expect(lock).toBeDefined();
  expect(() => openIdleStore(layout)).toThrow("cannot open the store: a daemon has it open");
});

test("openIdleStore() makes nothing where nothing is", async () => {
  using folder = tempDir("idle");
  const layout = layoutIn(folder.join("home"));
  using store = openIdleStore(layout);

  expect(await store.storeStatistics()).toMatchObject({ databaseBytes: 0, tables: [] });
  expect(await store.compactStore()).toEqual({ bytesBefore: 0, bytesAfter: 0 });
  expect(await store.pruneLogs(1)).toEqual({ removed: 0, kept: 0 });
  expect(existsSync(layout.home)).toBe(false);
});
