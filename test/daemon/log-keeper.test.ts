/** The lines of the log in the store. */

import { Worker } from "node:worker_threads";

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { LogFile } from "../../src/daemon/log-file.ts";
import { LogKeeper, readLogLines } from "../../src/daemon/log-keeper.ts";
import type { LogLine } from "../../src/protocol/log-line.ts";
import { Store } from "../../src/store/store.ts";
import { eventually } from "../support/eventually.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";
import { BY_HOOK } from "../support/ways.ts";

const NEVER_MS = 2 ** 30;

interface Kept extends Disposable {
  readonly folder: TempDir;
  readonly store: Store;
  readonly log: LogFile;
}

function keptLog(): Kept {
  const folder = tempDir("keeper");
  const store = Store.open(folder.join("gity.db"));
  const log = LogFile.open(folder.join("daemon.log"));
  return {
    folder,
    store,
    log,
    [Symbol.dispose]: () => {
      log[Symbol.dispose]();
      store[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

function messages(store: Store): string[] {
  return readLogLines(store, { limit: 100 }).map(({ message }) => message);
}

test("LogKeeper stores lines a moment later, those from before it, too", async () => {
  using kept = keptLog();
  kept.log.write("info", "before", { pid: 1 });
  using _keeper = new LogKeeper({ ...kept, delayMs: 1 });
  kept.log.write("warn", "after");

  expect(messages(kept.store)).toEqual([]);
  await eventually(() => messages(kept.store).length === 2);
  expect(messages(kept.store)).toEqual(["before", "after"]);
});

test("LogKeeper stores everything at its end, and reads what waits", () => {
  using kept = keptLog();
  {
    using keeper = new LogKeeper({ ...kept, delayMs: NEVER_MS });
    kept.log.write("info", "one");
    expect(keeper.read({ limit: 9 }).map(({ message }) => message)).toEqual(["one"]);
    kept.log.write("info", "two");
  }
  kept.log.write("info", "three");

  expect(messages(kept.store)).toEqual(["one", "two"]);
});

test("LogKeeper tells each line with its number and its repository, and goes on counting", () => {
  using kept = keptLog();
  const { repositoryId, id } = kept.store.write(({ repositories, worktrees }) =>
    worktrees.insert({
      repositoryId: repositories.insert("/a/.git", 1, BY_HOOK).id,
      root: "/a",
      gitDir: "/a/.git",
    }),
  );
  const told: LogLine[] = [];
  for (const word of ["one", "two"]) {
    using _keeper = new LogKeeper({ ...kept, onLine: (line) => told.push(line) });
    kept.log.write("info", word, { root: "/a" });
    kept.log.write("info", word, { root: "/b" });
  }

  expect(told.map((line) => [line.id, line.repositoryId, line.worktreeId])).toEqual([
    [1, repositoryId, id],
    [2, null, null],
    [3, repositoryId, id],
    [4, null, null],
  ]);
  expect(readLogLines(kept.store, { limit: 9 })).toEqual(told);
});

test("LogKeeper loses no line of others with a repository that goes meanwhile", () => {
  using kept = keptLog();
  const { id } = kept.store.write(({ repositories }) => repositories.insert("/a/.git", 1, BY_HOOK));
  {
    using _keeper = new LogKeeper({ ...kept, delayMs: NEVER_MS });
    kept.log.write("info", "one", { commonDir: "/a/.git" });
    kept.log.write("info", "two");
    kept.store.write(({ repositories }) => {
      repositories.delete(id);
    });
  }

  expect(messages(kept.store)).toEqual(["two"]);
});

test("LogKeeper goes on when the store cannot be used, and says so once", () => {
  using kept = keptLog();
  const told: string[] = [];
  let isBroken = true;
  const guard = (): void => {
    if (isBroken) {
      throw new GityError("STORE_FAILED", "database disk image is malformed");
    }
  };
  const store = {
    read: (work: never) => {
      guard();
      return kept.store.read(work);
    },
    writeIfFree: (work: never) => {
      guard();
      return kept.store.writeIfFree(work);
    },
    write: (work: never) => {
      guard();
      return kept.store.write(work);
    },
  } as unknown as Store;
  {
    const { log } = kept;
    using keeper = new LogKeeper({ store, log, onLine: ({ message }) => told.push(message) });
    kept.log.write("info", "one");
    expect(() => keeper.read({ limit: 9 })).toThrow("malformed");
    kept.log.write("info", "two");
    expect(() => keeper.read({ limit: 9 })).toThrow("malformed");
    isBroken = false;
    kept.log.write("info", "three");
    expect(keeper.read({ limit: 9 }).map(({ message }) => message)).toEqual(["three"]);
  }

  expect(told).toEqual(["log lines cannot be stored", "one", "two", "three"]);
});

test("LogKeeper waits for nobody who holds the store, and keeps the lines until it is free", async () => {
  using kept = keptLog();
  using keeper = new LogKeeper({ ...kept, delayMs: 1 });
  const holder = new Worker(
    `const { Database } = require("bun:sqlite");
     const { parentPort, workerData } = require("node:worker_threads");
     const database = new Database(workerData);
     database.run("BEGIN IMMEDIATE");
     parentPort.postMessage("held");
     parentPort.on("message", () => { database.run("ROLLBACK"); database.close(); process.exit(); });`,
    { eval: true, workerData: kept.folder.join("gity.db") },
  );
  await new Promise((resolve) => {
    holder.once("message", resolve);
  });
  const startMs = performance.now();
  kept.log.write("info", "one");
  expect(keeper.read({ limit: 9 })).toEqual([]);
  expect(performance.now() - startMs).toBeLessThan(2_000);

  holder.postMessage("release");
  await eventually(() => messages(kept.store).length > 0);
  expect(messages(kept.store)).toEqual(["one"]);
});
