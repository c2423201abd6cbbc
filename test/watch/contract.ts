/**
 * What every back end promises (src/watch/backend.ts), as tests that run against each.
 */

import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";

import type { ChangeSink, Loss, WatchBackend } from "../../src/watch/backend.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

/** A back end that covers a tree of its own, and what it reported. */
export interface Watched extends Disposable {
  readonly root: TempDir;
  readonly backend: WatchBackend;
  readonly losses: Loss[];
  readonly cookies: string[];
  /** Drains and settles; what was reported since the last call, sorted. */
  changes(): string[];
}

export type OpenBackend = (root: string, sink: ChangeSink) => WatchBackend;

/** `cover` makes the back end watch the tree as it is. */
export function watchTree(
  open: OpenBackend,
  cover: (backend: WatchBackend, root: string) => void,
  prepare: (root: TempDir) => void = () => {},
): Watched {
  const root = tempDir("watch");
  prepare(root);
  const reported = new Set<string>();
  const losses: Loss[] = [];
  const cookies: string[] = [];
  const backend = open(root.path, {
    entryChanged: (path) => reported.add(path),
    listingChanged: (path) => reported.add(`list:${path}`),
    coneChanged: (path) => reported.add(`${path}/`),
    everythingChanged: () => reported.add("everything"),
    ignoreRulesChanged: () => reported.add("rules"),
    cookieSeen: (name) => cookies.push(name),
    cookiesLost: () => cookies.push("lost"),
    lost: (loss) => losses.push(loss),
  });
  cover(backend, root.path);
  return {
    root,
    backend,
    losses,
    cookies,
    changes() {
      backend.drain();
      expect(backend.settle(10_000)).toBe(true);
      backend.reportLinked();
      const changes = [...reported].toSorted();
      reported.clear();
      return changes;
    },
    [Symbol.dispose]() {
      backend[Symbol.dispose]();
      root[Symbol.dispose]();
    },
  };
}

export function watchBackendContract(
  name: string,
  watch: (prepare?: (root: TempDir) => void) => Watched,
): void {
  test(`${name} reports nothing while nothing happens`, () => {
    using tree = watch((root) => mkdirSync(root.join("a")));
    expect(tree.changes()).toEqual([]);
    expect(tree.changes()).toEqual([]);
  });

  test(`${name} reports a file written, changed, made executable and removed`, () => {
    using tree = watch((root) => mkdirSync(root.join("a")));
    writeFileSync(tree.root.join("a/f"), "1");
    expect(tree.changes()).toEqual(["a/f"]);
    writeFileSync(tree.root.join("a/f"), "2");
    expect(tree.changes()).toEqual(["a/f"]);
    chmodSync(tree.root.join("a/f"), 0o755);
    expect(tree.changes()).toEqual(["a/f"]);
    rmSync(tree.root.join("a/f"));
    expect(tree.changes()).toEqual(["a/f"]);
  });

  test(`${name} reports every directory of a tree made at once, and what is in it`, () => {
    using tree = watch();
    mkdirSync(tree.root.join("a/b/c"), { recursive: true });
    writeFileSync(tree.root.join("a/b/c/f"), "");
    expect(tree.changes()).toEqual([
      "a",
      "a/b",
      "a/b/c",
      "a/b/c/f",
      "list:a",
      "list:a/b",
      "list:a/b/c",
    ]);
    writeFileSync(tree.root.join("a/b/c/g"), "");
    expect(tree.changes()).toEqual(["a/b/c/g"]);
  });

  test(`${name} knows a renamed directory, and those in it, by the new name`, () => {
    using tree = watch((root) => mkdirSync(root.join("a/b/c"), { recursive: true }));
    renameSync(tree.root.join("a"), tree.root.join("z"));
    const moved = tree.changes();
    expect(moved).toContain("a/");
    expect(moved).toContain("z/");
    expect(moved).toContain("list:z/b/c");
    writeFileSync(tree.root.join("z/b/c/f"), "");
    expect(tree.changes()).toEqual(["z/b/c/f"]);
  });

  test(`${name} lets go of a directory that is moved out, and finds it when it comes back`, () => {
    using outside = tempDir("outside");
    using tree = watch((root) => mkdirSync(root.join("a/b"), { recursive: true }));
    renameSync(tree.root.join("a"), outside.join("a"));
    expect(tree.changes()).toEqual(["a", "a/", "list:a", "list:a/b"]);
    expect(tree.backend.watchedDirectories).toBe(1);
    writeFileSync(outside.join("a/b/f"), "");
    expect(tree.changes()).toEqual([]);
    renameSync(outside.join("a"), tree.root.join("a"));
    expect(tree.changes()).toEqual(["a", "a/", "list:a", "list:a/b"]);
    writeFileSync(tree.root.join("a/b/f"), "2");
    expect(tree.changes()).toEqual(["a/b/f"]);
  });

  test(`${name} says so when the root itself goes`, () => {
    using tree = watch();
    renameSync(tree.root.path, `${tree.root.path}-moved`);
    tree.changes();
    renameSync(`${tree.root.path}-moved`, tree.root.path);
    expect(tree.losses.map((loss) => loss.kind)).toEqual(["root-gone"]);
  });

  test(`${name} reports cookies after every change made before them`, () => {
    using folder = tempDir("cookies");
    using tree = watch();
    tree.backend.watchCookies(folder.path);
    writeFileSync(tree.root.join("f"), "");
    writeFileSync(folder.join("cookie-1"), "");
    expect(tree.changes()).toEqual(["f"]);
    expect(tree.cookies).toEqual(["cookie-1"]);
    rmSync(folder.path, { recursive: true });
    mkdirSync(folder.path);
    tree.changes();
    expect(tree.cookies).toEqual(["cookie-1", "lost"]);
  });
}
