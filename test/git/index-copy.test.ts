/** A copy of an index, brought up to date by the worktree's own git. */

import { expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { copyIndex, leftoverCopies } from "../../src/git/index-copy.ts";
import { indexIdentity } from "../../src/protocol/index-placing.ts";
import { rejection } from "../support/rejection.ts";
import { scriptHook } from "../support/scripted-hook.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

const TOKEN = "gity:0123456789abcdef:7";
const ANY = { isUseful: () => true };

function stripped(): TempWorktree {
  const tree = tempWorktree("copy", { files: { "a/b": "1", c: "2" } });
  mkdirSync(join(tree.gitDir, "gity"), { mode: 0o700 });
  scriptHook(tree, TOKEN);
  return tree;
}

function placeOf({ path: root, gitDir }: TempWorktree) {
  return { root, gitDir };
}

function copiesIn({ gitDir }: TempWorktree): readonly string[] {
  return readdirSync(join(gitDir, "gity"));
}

test("copyIndex() has git store a token and an untracked cache, and leaves the index as it is", async () => {
  using tree = stripped();
  chmodSync(join(tree.gitDir, "index"), 0o640);
  const index = (): string => indexIdentity(statSync(join(tree.gitDir, "index"), { bigint: true }));
  const before = index();
  tree.write("untracked", "");
  {
    using copy = await copyIndex(placeOf(tree), ANY);
    expect(copy?.extensions).toMatchObject({ token: TOKEN, entries: 2 });
    expect(copy?.extensions.names).toContain("UNTR");
    expect(copy?.identity).toBe(before);
    expect(statSync(copy?.path ?? "").mode & 0o777).toBe(0o640);
    // Valid, says git: in small letters.
    const environment = { ...process.env, GIT_INDEX_FILE: copy?.path };
    const listing = Bun.spawnSync(["git", "ls-files", "-f"], { cwd: tree.path, env: environment });
    expect(listing.stdout.toString()).toBe("h a/b\nh c\n");
  }
  expect(index()).toBe(before);
  expect(copiesIn(tree)).toEqual([]);
});

test("copyIndex() runs no hook of the user", async () => {
  using tree = stripped();
  writeFileSync(join(tree.gitDir, "hooks/post-index-change"), "#!/bin/sh\ntouch hook-has-run\n", {
    mode: 0o755,
  });
  using copy = await copyIndex(placeOf(tree), ANY);
  expect(copy).toBeDefined();
  expect(existsSync(tree.join("hook-has-run"))).toBe(false);
});

test("copyIndex() asks once more when the listings are in doubt", async () => {
  using tree = stripped();
  const hook = join(tree.gitDir, "scripted-hook");
  // The first question has no token of ours, the second has what the first was answered with.
  const log = join(tree.gitDir, "questions");
  writeFileSync(
    hook,
    `#!/bin/sh\necho "$2" >> '${log}'\ncase "$2" in gity*) printf '${TOKEN}\\0'; seq -f 'd/%g' 200 | tr '\\n' '\\0';; *) printf '${TOKEN}:l\\0/\\0';; esac\n`,
    { mode: 0o755 },
  );
  using copy = await copyIndex(placeOf(tree), ANY);
  expect(copy?.extensions.token).toBe(TOKEN);
  expect(readFileSync(log, "utf8").split("\n").slice(1)).toEqual([`${TOKEN}:l`, ""]);
});

test("copyIndex() has nothing where git stores nothing of use", async () => {
  using tree = stripped();
  expect(await copyIndex(placeOf(tree), { isUseful: () => false })).toBeUndefined();
  scriptHook(tree, "watchman");
  expect(await copyIndex(placeOf(tree), ANY)).toBeUndefined();
  tree.git("config", "core.fsmonitor", "false");
  expect(await copyIndex(placeOf(tree), ANY)).toBeUndefined();
  expect(copiesIn(tree)).toEqual([]);
});

test("copyIndex() has nothing when the index changes meanwhile", async () => {
  using tree = stripped();
  tree.write("d", "4");
  const copy = await copyIndex(placeOf(tree), {
    isUseful: () => {
      tree.git("add", "d");
      return true;
    },
  });
  expect(copy).toBeUndefined();
  expect(copiesIn(tree)).toEqual([]);
});

test("copyIndex() follows no link, and fails where git does", async () => {
  using tree = stripped();
  const index = join(tree.gitDir, "index");
  writeFileSync(join(tree.gitDir, "HEAD"), "nothing of git's\n");
  expect(await rejection(copyIndex(placeOf(tree), ANY))).toMatchObject({ code: "GIT_FAILED" });
  renameSync(index, `${index}.real`);
  symlinkSync("index.real", index);
  expect(await rejection(copyIndex(placeOf(tree), ANY))).toMatchObject({ code: "ELOOP" });
  rmSync(index);
  expect(await rejection(copyIndex(placeOf(tree), ANY))).toMatchObject({ code: "ENOENT" });
  expect(copiesIn(tree)).toEqual([]);
});

test("copyIndex() ends with its signal", async () => {
  using tree = stripped();
  const hook = join(tree.gitDir, "scripted-hook");
  writeFileSync(hook, "#!/bin/sh\nsleep 60\n", { mode: 0o755 });
  const ending = new AbortController();
  const copying = rejection(copyIndex(placeOf(tree), { ...ANY, signal: ending.signal }));
  ending.abort();
  expect(await copying).toMatchObject({ code: "INTERRUPTED" });
  expect(copiesIn(tree)).toEqual([]);
});

test("leftoverCopies() are those of processes that have gone, and those that index.lock is a name of", () => {
  using tree = stripped();
  const folder = join(tree.gitDir, "gity");
  const gone = Bun.spawnSync(["true"]).pid;
  const names = [
    `index-${process.pid}-${crypto.randomUUID()}`,
    `index-${gone}-${crypto.randomUUID()}`,
    `index-${gone}-${crypto.randomUUID()}.lock`,
    "index-something-else",
  ];
  for (const name of names) {
    writeFileSync(join(folder, name), "");
  }
  const [ours = "", theirs = "", lock = ""] = names.map((name) => join(folder, name));
  expect(leftoverCopies(tree.gitDir)).toEqual([theirs]);
  expect(existsSync(lock)).toBe(false);
  linkSync(ours, join(tree.gitDir, "index.lock"));
  expect(leftoverCopies(tree.gitDir).toSorted()).toEqual([ours, theirs].toSorted());
  expect(leftoverCopies("/nowhere")).toEqual([]);
});
