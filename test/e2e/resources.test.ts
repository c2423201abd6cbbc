/** A daemon whose limits are so low that it crosses them. */

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type HomeLayout, homeLayout } from "../../src/base/home.ts";
import { clientOf } from "../../src/client/connect.ts";
import type { GityClient } from "../../src/client/gity-client.ts";
import { createHomeFolders } from "../../src/daemon/home-folders.ts";
import { readWatchesMax } from "../../src/daemon/process-usage.ts";
import { API_ROUTES, type GityEvent } from "../../src/protocol/api.ts";
import type { Resource } from "../../src/protocol/resources.ts";
import { Store } from "../../src/store/store.ts";
import { builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome, isRunning } from "../support/gity-home.ts";
import { rawConnection } from "../support/raw-connection.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

const DESCRIPTORS_MAX = 1000;

interface Watchful extends AsyncDisposable {
  readonly home: GityHome;
  readonly layout: HomeLayout;
  readonly client: GityClient;
  /** All that a listener without wishes is told. */
  readonly events: readonly GityEvent[];
  adopt(path: string): Promise<void>;
  isOver(resource: Resource): Promise<boolean>;
}

/** With these settings in the user's git configuration. */
async function watchfulDaemon(
  settings: readonly string[],
  prepare: (layout: HomeLayout) => void = () => {},
): Promise<Watchful> {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await gityHome());
  const layout = homeLayout({ GITY_HOME: home.path })!;
  createHomeFolders(layout);
  prepare(layout);
  const userHome = join(home.path, "user");
  mkdirSync(userHome);
  writeFileSync(join(userHome, ".gitconfig"), `[gity]\n\t${settings.join("\n\t")}\n`);
  const program = join(import.meta.dir, "../fixtures/watchful-daemon.ts");
  const child = Bun.spawn(
    [
      "sh",
      "-c",
      `ulimit -n ${DESCRIPTORS_MAX} && exec "$0" "$@"`,
      process.execPath,
      program,
      builtHelper(),
    ],
    {
      env: { ...process.env, HOME: userHome, GITY_HOME: home.path },
      stdio: ["ignore", "inherit", "inherit"],
      // Should the test fail, it is not left behind.
      timeout: 50_000,
    },
  );
  stack.defer(async () => {
    await home.gity("daemon", "stop");
    await child.exited;
    expect(isRunning(child.pid)).toBe(false);
  });
  const client = clientOf(layout);
  await eventually(() => client.daemonInfo());
  const events: GityEvent[] = [];
  const ending = new AbortController();
  const listening = collect(client, events, ending.signal);
  stack.defer(async () => {
    ending.abort();
    await listening;
  });
  const owned = stack.move();
  return {
    home,
    layout,
    client,
    events,
    adopt: async (path) => {
      const body = JSON.stringify({ path });
      const headers = { "content-type": "application/json" };
      const { socket: unix } = layout;
      const init = { method: "POST", unix, headers, body };
      expect((await fetch(`http://gity${API_ROUTES.adopt}`, init)).status).toBe(200);
    },
    isOver: async (resource) => {
      const { overLimits = [] } = await client.daemonInfo();
      return overLimits.some((standing) => standing.resource === resource);
    },
    [Symbol.asyncDispose]: async () => owned.disposeAsync(),
  };
}

async function collect(
  client: GityClient,
  events: GityEvent[],
  signal: AbortSignal,
): Promise<void> {
  for await (const event of client.events({ signal })) {
    events.push(event);
  }
}

/** More than one in a hundred of all watches there may be. */
function manyDirectories(): string[] {
  const count = Math.ceil((readWatchesMax() ?? 0) / 100) + 10;
  return Array.from({ length: count }, (_, i) => `d${i}`);
}

function fillStore({ database }: HomeLayout, lineCount: number): void {
  using store = Store.open(database);
  const line = { level: "info", repositoryId: null, worktreeId: null, fields: {} } as const;
  const message = "x".repeat(200);
  store.write(({ logLines }) => {
    const lines = Array.from({ length: lineCount }, (_, i) => ({
      ...line,
      id: i + 1,
      atMs: Date.now(),
      message,
    }));
    logLines.insertAll(lines);
  });
}

function crossings(events: readonly GityEvent[], resource: Resource): boolean[] {
  return events.flatMap((event) =>
    event.kind === "resources" && event.resource === resource ? [event.isOver] : [],
  );
}

/** Nothing but a limit is in the way of a job. */
const EAGER = ["prefetchIdle = 0", "maintenanceIdle = 0", "runWhenBusy = true"];

test("memory, processor, store, log and queue beyond their limits: said everywhere, and given back", async () => {
  const limits = ["maxMemory = 1m", "maxCpuPercent = 1", "maxStoreSize = 64k", "maxLogSize = 40k"];
  await using daemon = await watchfulDaemon(
    [...limits, "maxQueuedJobs = 3", ...EAGER],
    (layout) => {
      fillStore(layout, 10_000);
      for (let i = 1; i <= 3; i += 1) {
        writeFileSync(`${layout.log}.${i}`, "x".repeat(30_000));
      }
    },
  );
  const { client, home, layout, events } = daemon;
  using tree = tempWorktree("resources", { files: { f: "1" } });
  await eventually(() => daemon.isOver("memory"));
  await client.register({ path: tree.path, via: "hook" });
  await eventually(() => events.some(({ kind }) => kind === "registered"));

  // Everybody says so.
  const resources: readonly Resource[] = ["memory", "cpu", "store", "jobs"];
  await eventually(async () => {
    const { overLimits } = await client.health(tree.path);
    const over = new Set(overLimits.map(({ resource }) => resource));
    return resources.every((resource) => over.has(resource));
  });
  for (const args of [
    ["health", tree.path],
    ["daemon", "status"],
  ]) {
    // oxlint-disable-next-line no-await-in-loop
    expect((await home.gity(...args)).stdout).toMatch(
      /over a limit +resident memory: \S+ MiB, and gity\.maxMemory allows 1\.0 MiB/,
    );
  }
  expect(await client.metrics()).toContain('gity_resource_over{resource="memory"} 1\n');
  expect(home.log()).toMatch(/warn a resource is over its limit resource=memory/);
  expect(home.log()).toMatch(/warn a resource is over its limit resource=log/);

  // Work that nobody asked for waits.
  const { jobs } = await client.health(tree.path);
  expect(jobs.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => "queued"));
  expect(jobs[0]?.waitsFor).toContain("resident memory: ");

  // The store and the log are smaller, and the log is below its limit.
  await eventually(() => statSync(layout.database).size < 1 << 20);
  const { tables } = await client.storeStatistics();
  expect(tables.find(({ name }) => name === "log_lines")?.rows).toBeLessThan(6_000);
  await eventually(async () => !(await daemon.isOver("log")));
  expect([1, 2, 3].filter((i) => existsSync(`${layout.log}.${i}`)).length).toBeLessThan(2);

  // Caches are smaller: an old token is worth nothing any more, a fresh one is, and so with events.
  const first = await client.changes(tree.path);
  writeFileSync(tree.join("f"), "2");
  await eventually(async () => (await client.changes(tree.path, first.token)).kind === "unknown");
  await eventually(async () => {
    const { token } = await client.changes(tree.path);
    writeFileSync(tree.join("g"), token);
    const { kind, paths } = await client.changes(tree.path, token);
    return kind === "changed" && paths.includes("g");
  });
  const seen = events.find(({ kind }) => kind === "registered")!;
  await eventually(async () => {
    for await (const event of client.events({ since: seen.id })) {
      return event.kind === "gap" && event.reason === "too-old";
    }
    return false;
  });
}, 60_000);

test("watches and descriptors beyond their limits: adopted worktrees go, and come back when there is room", async () => {
  await using daemon = await watchfulDaemon([
    "maxWatchesPercent = 1",
    "maxDescriptorsPercent = 40",
  ]);
  const { client, events, layout } = daemon;
  const watched = async (): Promise<number> => (await client.daemonInfo()).worktrees;
  using registered = tempWorktree("registered");
  using small = tempWorktree("small");
  using large = tempWorktree("large", { directories: manyDirectories() });
  await client.register({ path: registered.path, via: "hook" });
  await daemon.adopt(small.path);
  await daemon.adopt(large.path);

  // The oldest first, until there is room.
  await eventually(async () => (await watched()) === 1);
  await eventually(() => crossings(events, "watches").length === 2);
  expect(crossings(events, "watches")).toEqual([true, false]);
  expect((await client.health(registered.path)).state).toBe("ready");
  await daemon.adopt(small.path);
  expect(await watched()).toBe(2);

  {
    await using connections = new AsyncDisposableStack();
    const { socket } = layout;
    const count = DESCRIPTORS_MAX / 2;
    const opened = await Promise.all(Array.from({ length: count }, () => rawConnection(socket)));
    for (const connection of opened) {
      connections.use(connection);
    }
    await eventually(() => daemon.isOver("descriptors"));
    await eventually(async () => (await watched()) === 1);
    // Nor does it come back while there is none.
    await daemon.adopt(small.path);
    expect(await watched()).toBe(1);
  }
  await eventually(() => crossings(events, "descriptors").length === 2);
  expect(crossings(events, "descriptors")).toEqual([true, false]);
  await daemon.adopt(small.path);
  expect(await watched()).toBe(2);
}, 60_000);
