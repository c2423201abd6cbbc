/** Chooses what programs other than git do to a tree. */

import { dirname } from "node:path/posix";

import type { Operation } from "./operations.ts";
import type { Random } from "./random.ts";
import type { TreeView } from "./tree-view.ts";

type Make = (random: Random, view: TreeView) => Operation | undefined;

/** Some time in the past, as archives and build caches set it. */
const OLD_SECONDS = 1_600_000_000;

const MODES = [0o644, 0o755, 0o600, 0o444, 0o777] as const;
const FILLS = ["a", "b", "\n"] as const;

/** Weight, and how it is made; undefined when the tree holds nothing to do it to. */
const FILE_OPERATIONS: readonly (readonly [number, Make])[] = [
  [8, (_, view) => ({ kind: "write", path: view.place(), content: view.content() })],
  [
    6,
    (_, view) =>
      withPath(view.file(), (path) => ({ kind: "write", path, content: view.content() })),
  ],
  [5, (_, view) => withPath(view.file(), (path) => ({ kind: "append", path, content: "more" }))],
  [
    3,
    (random, view) =>
      withPath(view.file(), (path) => ({ kind: "truncate", path, bytes: random.below(12) })),
  ],
  [
    7,
    (random, view) =>
      withPath(view.file(), (path) => ({
        kind: "rewrite",
        path,
        fill: random.pick(FILLS) ?? "a",
        keepsTime: random.isOneIn(2),
      })),
  ],
  [
    4,
    (_, view) => withPath(view.file(), (path) => ({ kind: "map-write", path, content: "mapped" })),
  ],
  [2, (_, view) => withPath(view.file(), (path) => ({ kind: "hold", path, content: "held" }))],
  [2, (random) => ({ kind: "write-held", index: random.below(4), content: "held on" })],
  [1, () => ({ kind: "release-held" })],
  [
    2,
    (random, view) =>
      withPath(view.file(), (path) => ({
        kind: "touch",
        path,
        seconds: OLD_SECONDS + random.below(3),
      })),
  ],
  [
    3,
    (random, view) =>
      withPath(view.file(), (path) => ({ kind: "chmod", path, mode: random.pick(MODES) ?? 0o644 })),
  ],
  [
    1,
    (random, view) =>
      withPath(view.directory(), (path) => ({
        kind: "chmod",
        path,
        mode: random.pick([0o755, 0o700, 0o777]) ?? 0o755,
      })),
  ],
  [
    10,
    (_, view) => withPath(view.moveable(), (from) => ({ kind: "rename", from, to: view.place() })),
  ],
  [
    5,
    (_, view) =>
      withPath(view.moveable(), (from) => ({ kind: "rename", from, to: sibling(from, view) })),
  ],
  [4, (_, view) => withTwo(view, (a, b) => ({ kind: "exchange", a, b }))],
  [4, (_, view) => withTwo(view, (a, b) => ({ kind: "swap", a, b, third: "third" }))],
  [
    4,
    (_, view) =>
      withPath(view.moveable(), (from) => ({ kind: "rename", from, to: view.placeOutside() })),
  ],
  [
    6,
    (_, view) =>
      withPath(view.fromOutside(), (from) => ({ kind: "rename", from, to: view.place() })),
  ],
  [1, (_, view) => withPath(view.fromOutside(), (path) => ({ kind: "remove", path }))],
  [
    1,
    (_, view) =>
      withPath(view.fromOutside(), (path) => ({ kind: "make-files", paths: [`${path}/new/out`] })),
  ],
  [
    3,
    (_, view) =>
      withPath(view.directory(), (path) => ({
        kind: "empty-in-place",
        path,
        aside: view.placeOutside(),
      })),
  ],
  [4, (_, view) => withPath(view.file(), (path) => ({ kind: "remove", path }))],
  [3, (_, view) => withPath(view.directory(), (path) => ({ kind: "remove", path }))],
  [4, (_, view) => ({ kind: "make-directory", path: view.place() })],
  [5, makeFiles],
  [3, (_, view) => ({ kind: "symlink", path: view.place(), target: view.name() })],
  [
    3,
    (_, view) =>
      withPath(view.directory(), (path) => ({
        kind: "symlink",
        path: view.place(),
        target: `../${path}`,
      })),
  ],
  [3, (_, view) => withPath(view.file(), (from) => ({ kind: "link", from, to: view.place() }))],
  [6, changeLinkedFile],
  [
    5,
    (random, view) =>
      withPath(view.any(), (path) => ({
        kind: "replace",
        path,
        by: random.pick(["file", "directory", "link"] as const) ?? "file",
      })),
  ],
  [3, (_, view) => withPath(view.moveable(), (from) => ({ kind: "copy", from, to: view.place() }))],
  [
    2,
    (_, view) => withPath(view.directory(), (from) => ({ kind: "untar", from, to: view.place() })),
  ],
];

export function generateFileOperation(random: Random, view: TreeView): Operation | undefined {
  return random.pickWeighted(FILE_OPERATIONS)(random, view);
}

function withPath(
  path: string | undefined,
  make: (path: string) => Operation,
): Operation | undefined {
  return path === undefined ? undefined : make(path);
}

/** Few files have several names, and what is done to one of them is done to all. */
function changeLinkedFile(random: Random, view: TreeView): Operation | undefined {
  const make = random.pick<(path: string) => Operation>([
    (path) => ({ kind: "append", path, content: "through one name" }),
    (path) => ({ kind: "rewrite", path, fill: random.pick(FILLS) ?? "a", keepsTime: true }),
    (path) => ({ kind: "chmod", path, mode: random.pick(MODES) ?? 0o644 }),
    (path) => ({ kind: "map-write", path, content: "mapped" }),
    (path) => ({ kind: "truncate", path, bytes: random.below(12) }),
    (path) => ({ kind: "hold", path, content: "held" }),
    (path) => ({ kind: "rename", from: path, to: view.place() }),
    (path) => ({ kind: "rename", from: path, to: view.placeOutside() }),
    (path) => ({ kind: "link", from: path, to: view.place() }),
    (path) => ({ kind: "remove", path }),
  ]);
  return make === undefined ? undefined : withPath(view.linkedFile(), make);
}

/** Two things of which none is in the other. */
function withTwo(view: TreeView, make: (a: string, b: string) => Operation): Operation | undefined {
  const a = view.moveable();
  const b = view.moveable();
  const areApart =
    a !== undefined &&
    b !== undefined &&
    !`${a}/`.startsWith(`${b}/`) &&
    !`${b}/`.startsWith(`${a}/`);
  return areApart ? make(a, b) : undefined;
}

function sibling(path: string, view: TreeView): string {
  const folder = dirname(path);
  return folder === "." ? view.name() : `${folder}/${view.name()}`;
}

function makeFiles(random: Random, view: TreeView): Operation {
  let folder = view.place();
  const paths: string[] = [];
  const depth = 1 + random.below(5);
  for (let i = 0; i < depth; i += 1) {
    folder += `/${random.pick(["n", "m", "deep", "a"]) ?? "n"}`;
    if (random.isOneIn(2) || i === depth - 1) {
      paths.push(`${folder}/f`);
    }
  }
  return { kind: "make-files", paths };
}
