/** Where a repository's objects are. */

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { expect, test } from "bun:test";

import { objectStoresOf } from "../../src/git/object-stores.ts";
import { gitText, runGit } from "../support/run-git.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

/** Stores `a`, `b`, …, each in a folder of its own, with these lines as alternates. */
function stores(alternates: Readonly<Record<string, string | Uint8Array>>): TempDir {
  const folder = tempDir("stores");
  for (const [name, lines] of Object.entries(alternates)) {
    mkdirSync(folder.join(name, "objects/info"), { recursive: true });
    writeFileSync(folder.join(name, "objects/info/alternates"), lines);
  }
  return folder;
}

/** Relative to the folder, and without `/objects`. */
function found(folder: TempDir, name: string): readonly string[] {
  return objectStoresOf(folder.join(name)).map((store) =>
    dirname(store).slice(folder.path.length + 1),
  );
}

test("objectStoresOf() is a repository's own, and nothing where there is none", () => {
  using tree = tempWorktree("stores");

  expect(objectStoresOf(tree.gitDir)).toEqual([`${tree.gitDir}/objects`]);
  expect(objectStoresOf(tree.join("none"))).toEqual([]);
});

test("objectStoresOf() is the same for all that borrow from each other", () => {
  using tree = tempWorktree("stores");
  runGit(tree.path, "clone", "--quiet", "--shared", "--bare", ".", "../one.git");
  runGit(tree.path, "clone", "--quiet", "--shared", "--bare", "../one.git", "../two.git");

  const paths = ["../two.git", "../one.git", ".git"].map((name) =>
    gitText(tree.join(name), "rev-parse", "--absolute-git-dir"),
  );

  expect(objectStoresOf(paths[0] ?? "")).toEqual(paths.map((path) => `${path}/objects`));
});

test("objectStoresOf() follows a chain, and a circle once", () => {
  using folder = stores({
    a: "../../b/objects\n",
    b: "../../c/objects\n../../a/objects\n",
    c: "../../c/objects\n../../a/objects",
  });

  expect(found(folder, "a")).toEqual(["a", "b", "c"]);
  expect(found(folder, "c")).toEqual(["c", "a", "b"]);
});

test("objectStoresOf() leaves out comments, empty lines and what is missing", () => {
  using folder = stores({ a: "# ../../b/objects\n\n/none\n../../b/objects\n", b: "" });

  expect(found(folder, "a")).toEqual(["a", "b"]);
});

test("objectStoresOf() knows a store that is a link by its real path", () => {
  using folder = stores({ a: "../../link/objects\n", b: "" });
  symlinkSync("b", folder.join("link"));

  expect(found(folder, "a")).toEqual(["a", "b"]);
});

test.each([
  ["a newline", '"../../odd\\nname/objects"\n', "odd\nname"],
  ["a quote", '"../../odd\\"name/objects"', 'odd"name'],
  ["an octal number", '"../../odd\\303\\251/objects"\n', "oddé"],
  ["a letter", '"../../odd\\ta\\\\b/objects"\n', "odd\ta\\b"],
  ["a real newline", '"../../odd\nname/objects"\n', "odd\nname"],
  ["no end, which is no quote", '"../../x/../odd"name/objects', undefined],
  ["an escape that is none", '"../../odd\\xname/objects"\n', undefined],
])("objectStoresOf() reads quotes as git does: %s", (_, line, name) => {
  using folder = stores({ a: `${line}\n../../b/objects\n`, b: "", [name ?? "unused"]: "" });
  runGit(folder.path, "init", "--quiet", "--bare", "a");
  writeFileSync(folder.join("a/objects/info/alternates"), `${line}\n../../b/objects\n`);

  const alternates = gitText(folder.join("a"), "count-objects", "-v")
    .split("\n")
    .filter((text) => text.startsWith("alternate: "));

  const expected = ["a", ...(name === undefined ? [] : [name]), "b"];
  expect(found(folder, "a").map((store) => Buffer.from(store, "latin1").toString())).toEqual(
    expected,
  );
  // git sees as many.
  expect(alternates.length).toBe(expected.length - 1);
});

test("objectStoresOf() finds a store whose name is no UTF-8", () => {
  using folder = stores({ a: Buffer.from("../../odd\xff/objects\n", "latin1") });
  const path = Buffer.from(folder.join("odd\xff/objects"), "latin1");
  mkdirSync(path, { recursive: true });

  expect(found(folder, "a")).toEqual(["a", "odd\xff"]);
});

test("objectStoresOf() waits for nothing, and ends", () => {
  using folder = stores({ a: "", b: `"${"a".repeat(250_000)}`, c: Buffer.alloc(1 << 20, "/\n") });
  Bun.spawnSync(["rm", folder.join("a/objects/info/alternates")]);
  Bun.spawnSync(["mkfifo", folder.join("a/objects/info/alternates")]);

  expect(["a", "b", "c"].map((name) => found(folder, name))).toEqual([["a"], ["b"], ["c"]]);
});
