/** Trees, copied as they were at one moment, whatever is in them and whatever happens meanwhile. */

import { expect, spyOn, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  closeSync,
  ftruncateSync,
  writeSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import { found } from "../../src/ffi/file-status.ts";
import { libc } from "../../src/ffi/libc.ts";
import type { MirrorProgress } from "../../src/share/mirror.ts";
import { rejection } from "../support/rejection.ts";
import { attributeOf, setAttribute } from "../support/system-calls.ts";
import { wholeTree } from "../support/whole-tree.ts";
import { tallyOf, worktrees } from "./mirror-fixture.ts";

/** Has something happen right before the n-th call of a kind, and before each one from there on. */
function beforeCall(name: keyof typeof libc, action: (count: number) => void): Disposable {
  const original = libc[name];
  let count = 0;
  libc[name] = (...args) => {
    count += 1;
    libc[name] = original;
    action(count);
    libc[name] = wrapped;
    return original(...args);
  };
  const wrapped = libc[name];
  return {
    [Symbol.dispose]: () => {
      libc[name] = original;
    },
  };
}

test("TreeCopy keeps content, permissions, times, links and names of any bytes", async () => {
  using trees = worktrees("copy");
  trees.write("a/b/c/file", "content");
  trees.write("empty", "");
  trees.write("program", "#!/bin/sh\n");
  chmodSync(trees.source("program"), 0o755);
  trees.write("secret", "x");
  chmodSync(trees.source("secret"), 0o600);
  utimesSync(trees.source("secret"), 1, 1_234_567.891);
  symlinkSync("../secret", trees.source("a/link"));
  symlinkSync("nowhere", trees.source("dangling"));
  mkdirSync(trees.source("closed"));
  writeFileSync(trees.source("closed/file"), "1");
  chmodSync(trees.source("closed"), 0o555);
  const odd = Buffer.from([...Buffer.from(trees.source("odd-")), 0xff, 0x0a, 0xfe]);
  writeFileSync(odd, "odd");
  chmodSync(trees.source(), 0o700);

  const tally = tallyOf(await trees.mirror());

  expect(wholeTree(trees.target())).toEqual(wholeTree(trees.source()));
  expect(tally).toMatchObject({ files: 6, directories: 4, links: 2, skipped: 0 });
  expect(existsSync(trees.aside)).toBe(false);
  chmodSync(trees.source("closed"), 0o755);
});

test("TreeCopy keeps files with several names, and no names outside", async () => {
  using trees = worktrees("copy");
  trees.write("a/one", "same");
  mkdirSync(trees.source("b"));
  linkSync(trees.source("a/one"), trees.source("b/two"));
  linkSync(trees.source("a/one"), trees.source("three"));
  trees.write("alone", "x");
  linkSync(trees.source("alone"), `${trees.root}/outside`);

  tallyOf(await trees.mirror());

  expect(wholeTree(trees.target())).toEqual(wholeTree(trees.source()));
  expect(statSync(trees.target("three")).nlink).toBe(3);
  expect(statSync(trees.target("alone")).nlink).toBe(1);
});

test("TreeCopy keeps holes, also the one at the end", async () => {
  using trees = worktrees("copy");
  const fd = openSync(trees.source("sparse"), "w");
  writeSync(fd, "begin", 0);
  writeSync(fd, "middle", 40 << 20);
  ftruncateSync(fd, 80 << 20);
  closeSync(fd);
  writeFileSync(trees.source("hole"), "");
  const hole = openSync(trees.source("hole"), "r+");
  ftruncateSync(hole, 10 << 20);
  closeSync(hole);

  const tally = tallyOf(await trees.mirror());

  const { size, blocks } = statSync(trees.target("sparse"));
  expect(size).toBe(80 << 20);
  expect(blocks * 512).toBeLessThan(1 << 20);
  expect(statSync(trees.target("hole"))).toMatchObject({ size: 10 << 20, blocks: 0 });
  expect(wholeTree(trees.target())).toEqual(wholeTree(trees.source()));
  expect(tally.copiedBytes + tally.sharedBytes).toBeLessThan(200 << 20);
});

test("TreeCopy keeps extended attributes of files and directories", async () => {
  using trees = worktrees("copy");
  trees.write("a/file", "x");
  setAttribute(trees.source("a/file"), "user.kind", "file");
  setAttribute(trees.source("a"), "user.kind", "directory");
  setAttribute(trees.source(), "user.kind", "root");

  tallyOf(await trees.mirror());

  expect(["a/file", "a", ""].map((path) => attributeOf(trees.target(path), "user.kind"))).toEqual([
    "file",
    "directory",
    "root",
  ]);
});

test("TreeCopy leaves out pipes and sockets, counts them, and tells of links back to the source", async () => {
  using trees = worktrees("copy");
  trees.write("file", "x");
  Bun.spawnSync(["mkfifo", trees.source("pipe")]);
  symlinkSync(`${trees.root}/source/elsewhere`, trees.source("back"));
  symlinkSync(`${trees.root}/source-of-another`, trees.source("other"));

  const tally = tallyOf(await trees.mirror());

  expect(tally).toMatchObject({ skipped: 1, foreignLinks: ["back"], foreignLinkCount: 1 });
  expect(existsSync(trees.target("pipe"))).toBe(false);
  expect(lstatSync(trees.target("back")).isSymbolicLink()).toBe(true);
});

test("TreeCopy sees what changes behind it, and what comes and goes", async () => {
  using trees = worktrees("copy");
  for (const name of ["a/1", "a/2", "b/1", "b/2", "c/d/e"]) {
    trees.write(name, "before");
  }
  using _change = beforeCall("futimens", (count) => {
    if (count === 4) {
      for (const name of ["a/1", "a/2", "b/1", "b/2"]) {
        writeFileSync(trees.source(name), "during");
      }
      rmSync(trees.source("c/d"), { recursive: true });
      trees.write("d/e/f", "new");
      symlinkSync("d", trees.source("link"));
    }
  });

  tallyOf(await trees.mirror());

  expect(readFileSync(trees.target("a/1"), "utf8")).toBe("during");
  expect(wholeTree(trees.target())).toEqual(wholeTree(trees.source()));
});

test("TreeCopy sees a change that leaves size and time as they were", async () => {
  using trees = worktrees("copy");
  trees.write("file", "before");
  utimesSync(trees.source("file"), 1000, 1000);
  using _change = beforeCall("futimens", (count) => {
    if (count === 1) {
      writeFileSync(trees.source("file"), "during");
      utimesSync(trees.source("file"), 1000, 1000);
    }
  });

  tallyOf(await trees.mirror());

  expect(readFileSync(trees.target("file"), "utf8")).toBe("during");
});

test("TreeCopy copies again what was too new to be told from what it was", async () => {
  using trees = worktrees("copy");
  trees.write("file", "x");
  const { ctimeMs } = statSync(trees.source("file"));
  let isSettled = false;
  using _clock = clock(() => Math.ceil(ctimeMs) + (isSettled ? 100 : 5));

  const tally = tallyOf(
    await trees.mirror({
      onProgress: ({ tally: { rounds } }) => {
        isSettled ||= rounds > 1;
      },
    }),
  );

  expect(tally.copiedBytes + tally.sharedBytes).toBe(2);
});

test("TreeCopy gives up on what keeps changing, and leaves nothing", async () => {
  using trees = worktrees("copy");
  trees.write("quiet", "x");
  trees.write("busy", "x");
  using _change = beforeCall("openat", () => {
    writeFileSync(trees.source("busy"), String(performance.now()));
  });

  const failure = await rejection(trees.mirror());

  expect(failure).toMatchObject({
    code: "SHARE_FAILED",
    message: expect.stringContaining("it keeps changing"),
  });
  expect(existsSync(trees.target())).toBe(false);
  expect(existsSync(trees.aside)).toBe(false);
});

test("TreeCopy does not take an emptied or another directory for the one that was chosen", async () => {
  using trees = worktrees("copy");
  trees.write("a", "x");
  using _change = beforeCall("ioctl", () => {
    if (!existsSync(trees.source("../aside"))) {
      renameSync(trees.source(), trees.source("../aside"));
      trees.write("b", "other");
    }
  });

  expect(await rejection(trees.mirror())).toMatchObject({
    message: expect.stringContaining("removed or replaced meanwhile"),
  });
  expect(existsSync(trees.target())).toBe(false);
});

test.each(["openat", "statx", "getdents64", "ioctl", "mkdirat"] as const)(
  "TreeCopy never follows a link that takes the place of a directory or a file, at any %s",
  async (call) => {
    for (let when = 1; when < 40; when += 3) {
      using trees = worktrees("copy");
      trees.write("a/file", "inside");
      trees.write("a/b/deep", "inside");
      trees.write("z", "inside");
      mkdirSync(`${trees.root}/outside/b`, { recursive: true });
      writeFileSync(`${trees.root}/outside/file`, "stolen");
      writeFileSync(`${trees.root}/outside/b/deep`, "stolen");
      const before = wholeTree(trees.source());
      using _change = beforeCall(call, (count) => {
        // Later it is nobody's business any more.
        if (count === when && !existsSync(trees.target())) {
          renameSync(trees.source("a"), `${trees.root}/was-a`);
          symlinkSync(`${trees.root}/outside`, trees.source("a"));
          rmSync(trees.source("z"));
          symlinkSync(`${trees.root}/outside/file`, trees.source("z"));
        }
      });

      // oxlint-disable-next-line no-await-in-loop
      tallyOf(await trees.mirror());

      // As it was before, or as it is now: never something of both, and nothing from outside.
      expect([before, wholeTree(trees.source())]).toContainEqual(wholeTree(trees.target()));
    }
  },
);

/** Files that were just made are old then. */
function later(): Disposable {
  return clock(() => Math.round(performance.timeOrigin + performance.now() + 3_600_000));
}

function clock(now: () => number): Disposable {
  const spy = spyOn(Date, "now").mockImplementation(now);
  return {
    [Symbol.dispose]: () => {
      spy.mockRestore();
    },
  };
}

/** No file's state can be set back; that of directories stays as it is. */
function filesAgedBy(ageMs: number): Disposable {
  const name = "changedAtMs";
  const real = Object.getOwnPropertyDescriptor(found, name) ?? {};
  Object.defineProperty(found, name, {
    configurable: true,
    get: () => Number(real.get?.call(found)) - (found.isDirectory ? 0 : ageMs),
  });
  return {
    [Symbol.dispose]: () => {
      Object.defineProperty(found, name, real);
    },
  };
}

test("TreeCopy goes on where an interrupted one ended", async () => {
  using trees = worktrees("copy");
  using _clock = later();
  for (let i = 0; i < 200; i += 1) {
    trees.write(`d${i % 10}/f${i}`, `content ${i}`);
  }
  trees.write("d3/linked", "x");
  linkSync(trees.source("d3/linked"), trees.source("d5/linked"));
  const ending = new AbortController();
  const first = trees.mirror({
    signal: ending.signal,
    onProgress: ({ tally }) => {
      if (tally.rounds > 1) {
        ending.abort();
      }
    },
  });
  expect(await rejection(first)).toMatchObject({ code: "INTERRUPTED" });
  expect(existsSync(trees.target())).toBe(false);
  rmSync(trees.source("d7"), { recursive: true });
  writeFileSync(trees.source("d1/f1"), "longer content 1");

  const tally = tallyOf(await trees.mirror());

  expect(wholeTree(trees.target())).toEqual(wholeTree(trees.source()));
  // Of 202, 20 were removed, one is of another size, and the second name of a file is linked again.
  expect(tally.resumedFiles).toBe(180);
  expect(existsSync(trees.aside)).toBe(false);
});

test("TreeCopy copies anew what changed since the interrupted one began, be it of the same size and time", async () => {
  using trees = worktrees("copy");
  trees.write("a", "before");
  utimesSync(trees.source("a"), 1000, 1000);
  const ending = new AbortController();
  const onProgress = ({ tally }: MirrorProgress): void => {
    if (tally.rounds > 1) {
      ending.abort();
    }
  };
  await rejection(trees.mirror({ signal: ending.signal, onProgress }));
  writeFileSync(trees.source("a"), "during");
  utimesSync(trees.source("a"), 1000, 1000);

  const tally = tallyOf(await trees.mirror());

  expect(readFileSync(trees.target("a"), "utf8")).toBe("during");
  expect(tally.resumedFiles).toBe(0);
});

test("TreeCopy does not take a directory that was moved into place for the one that was begun with", async () => {
  using trees = worktrees("copy");
  // As package managers do it: staged long before, and all of one time.
  for (const [path, content] of [
    ["package/file", "old"],
    ["staged/file", "new"],
  ] as const) {
    trees.write(path, content);
    utimesSync(trees.source(path), 1000, 1000);
  }
  const ending = new AbortController();
  const onProgress = ({ tally }: MirrorProgress): void => {
    if (tally.rounds > 1) {
      ending.abort();
    }
  };
  await rejection(trees.mirror({ signal: ending.signal, onProgress }));
  rmSync(trees.source("package"), { recursive: true });
  renameSync(trees.source("staged"), trees.source("package"));
  using _ages = filesAgedBy(3_600_000);

  const tally = tallyOf(await trees.mirror());

  expect(tally.resumedFiles).toBe(0);
  expect(readFileSync(trees.target("package/file"), "utf8")).toBe("new");
});

test("TreeCopy shares whole files on demand, and copies them once more when they cannot be", async () => {
  using trees = worktrees("copy");
  trees.write("a/file", "x");
  trees.write("other", "y");
  symlinkSync("other", trees.source("link"));

  const tally = tallyOf(await trees.mirror({ hasHardLinks: true }));

  expect(tally).toMatchObject({ files: 2, hardLinks: 2, copiedBytes: 0, sharedBytes: 0 });
  expect(statSync(trees.target("a/file")).ino).toBe(statSync(trees.source("a/file")).ino);
});
