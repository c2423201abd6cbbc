/** What git has written, in every form it writes. */

import { expect, test } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readIndexExtensions } from "../../src/git/index-extensions.ts";
import { runGit, tryRunGit } from "../support/run-git.ts";
import { scriptHook } from "../support/scripted-hook.ts";
import { tempDir } from "../support/temp-dir.ts";
import { openWorktree, tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

/** More than a chunk's worth: an entry ends in the next one. */
const MANY = 20_000;
const TOKEN = "gity:0123456789abcdef:7";

function stage(tree: TempWorktree, count: number): void {
  const object = Bun.spawnSync(["git", "hash-object", "-w", "--stdin"], {
    cwd: tree.path,
    stdin: Buffer.from(""),
  })
    .stdout.toString()
    .trim();
  const lines = Array.from(
    { length: count },
    (_, i) => `100644 ${object}\td${i % 7}/${"long".repeat(i % 20)}${i}`,
  );
  tryRunGit(tree.path, ["update-index", "--index-info"], { input: `${lines.join("\n")}\n` });
}

const FORMS = ["sha1", "sha256"].flatMap((hash) =>
  [2, 3, 4].flatMap((version) => [1, 2].map((threads) => [hash, version, threads] as const)),
);

test.each(FORMS)(
  "S3 readIndexExtensions() reads an index of %s, version %d, written by %d threads",
  async (hash, version, threads) => {
    using folder = tempDir("extensions");
    runGit(folder.path, "init", "--quiet", `--object-format=${hash}`);
    const tree = openWorktree(folder.path);
    scriptHook(tree, TOKEN);
    tree.git("config", "index.threads", String(threads));
    tree.git("config", "index.version", String(version));
    stage(tree, MANY);
    tree.write("x".repeat(200), "");
    tree.git("add", "x".repeat(200));
    tree.write("y", "");
    tree.git("add", "--intent-to-add", "y");
    tree.git("update-index", "--index-version", String(version));
    tree.git("status");
    const found = await readIndexExtensions(join(tree.gitDir, "index"));
    expect(found).toMatchObject({ entries: MANY + 2, token: TOKEN });
    // An intention to add needs version 3; git takes what it needs.
    expect(found?.version).toBe(version === 2 ? 3 : version);
    expect(found?.names).toContain("UNTR");
    expect(found?.names.at(-1)).toBe(threads === 2 ? "EOIE" : "FSMN");
  },
  60_000,
);

test("readIndexExtensions() reads an index without a checksum, an empty one, and one of no entries", async () => {
  using tree = tempWorktree("extensions", { isCommitted: false });
  const path = join(tree.gitDir, "index");
  tree.git("-c", "index.skipHash=true", "read-tree", "--empty");
  expect(await readIndexExtensions(path)).toMatchObject({ entries: 0, token: undefined });
  tree.write("a", "1");
  tree.git("-c", "index.skipHash=true", "add", "a");
  expect(await readIndexExtensions(path)).toMatchObject({ version: 2, entries: 1 });
});

test("readIndexExtensions() sees that an index is split, and that one is sparse", async () => {
  using tree = tempWorktree("extensions", { files: { "a/b": "1", "c/d": "1", e: "1" } });
  const path = join(tree.gitDir, "index");
  tree.git("sparse-checkout", "set", "--cone", "--sparse-index", "a");
  expect((await readIndexExtensions(path))?.names).toContain("sdir");
  tree.git("sparse-checkout", "disable");
  tree.git("update-index", "--split-index");
  expect((await readIndexExtensions(path))?.names).toContain("link");
});

test("readIndexExtensions() gives a git without the monitor no token", async () => {
  using tree = tempWorktree("extensions", { files: { a: "1" } });
  scriptHook(tree, TOKEN);
  tree.git("status");
  const path = join(tree.gitDir, "index");
  expect((await readIndexExtensions(path))?.token).toBe(TOKEN);
  tree.write("a", "22");
  tree.git("-c", "core.fsmonitor=false", "add", "a");
  expect((await readIndexExtensions(path))?.token).toBeUndefined();
});

test("readIndexExtensions() has no token of half an index, and nothing of what is none", async () => {
  using tree = tempWorktree("extensions", { files: { a: "1", "b/c": "2" } });
  scriptHook(tree, TOKEN);
  tree.git("status");
  const path = join(tree.gitDir, "index");
  const bytes = readFileSync(path);
  const copy = join(tree.gitDir, "copy");
  writeFileSync(copy, bytes);
  for (let size = bytes.length - 1; size >= 0; size -= 1) {
    truncateSync(copy, size);
    // oxlint-disable-next-line no-await-in-loop -- One file.
    expect((await readIndexExtensions(copy))?.token).toBeUndefined();
  }
  for (let at = 0; at < bytes.length; at += 1) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ 0xff;
    writeFileSync(copy, flipped);
    // Whatever is made of it: no exception, and no endless loop.
    // oxlint-disable-next-line no-await-in-loop
    await readIndexExtensions(copy);
  }
  expect(await readIndexExtensions(join(tree.gitDir, "missing"))).toBeUndefined();
  expect(await readIndexExtensions(tree.gitDir)).toBeUndefined();
});
