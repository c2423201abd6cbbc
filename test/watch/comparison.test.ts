/** What a walk finds different from an earlier one. */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import type { Difference } from "../../src/watch/comparison.ts";
import { decodeSnapshot, encodeSnapshot } from "../../src/watch/snapshot.ts";
import { walk } from "../../src/watch/walk.ts";
import { exchange } from "../support/system-calls.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

interface Shown {
  readonly entries: readonly string[];
  readonly cones: readonly string[];
  readonly listings: readonly string[];
}

const NOTHING: Shown = { entries: [], cones: [], listings: [] };

function makeTree({ path }: TempDir): void {
  for (const directory of ["a/b/c", "d/e", "x", "sub"]) {
    mkdirSync(`${path}/${directory}`, { recursive: true });
  }
  for (const file of ["f", "a/f", "a/b/f", "a/b/g", "a/b/c/f", "d/e/f", "x/.gitignore", "sub/f"]) {
    writeFileSync(`${path}/${file}`, "0123");
  }
}

/** What is different after `change`, with everything settled before it. */
function differenceAfter(
  root: TempDir,
  change: () => void,
  excluded: { before?: string[]; after?: string[] } = {},
): Difference {
  const first = walk(root.path, undefined, {
    settlingMs: -60_000,
    excluded: excluded.before ?? [],
  });
  change();
  const before = decodeSnapshot(encodeSnapshot(first.snapshot));
  const { difference } = walk(root.path, undefined, { before, excluded: excluded.after ?? [] });
  return difference!;
}

function shown({ entries, cones, listings }: Difference): Shown {
  return { entries: sorted(entries), cones: sorted(cones), listings: sorted(listings) };
}

function sorted(paths: readonly string[]): string[] {
  return [...new Set(paths)].toSorted();
}

/** Until the clock of the file system has gone on. */
function untilLater(path: string, change: () => void): void {
  const { ctimeNs } = statSync(path, { bigint: true });
  do {
    change();
  } while (statSync(path, { bigint: true }).ctimeNs === ctimeNs);
}

test("nothing is different in a tree that is as it was", () => {
  using root = tempDir("compare");
  makeTree(root);
  const difference = differenceAfter(root, () => {});
  expect(shown(difference)).toEqual(NOTHING);
  expect(difference.changed).toEqual([]);
});

const CHANGES: readonly (readonly [
  string,
  (at: (path: string) => string) => void,
  Partial<Shown>,
])[] = [
  ["a file that was written to", (at) => appendFileSync(at("a/f"), "4"), { entries: ["a/f"] }],
  [
    "E1 an edit of the same size with the time of before",
    (at) => {
      const { atime, mtime } = statSync(at("a/b/f"));
      untilLater(at("a/b/f"), () => {
        writeFileSync(at("a/b/f"), "9876");
        utimesSync(at("a/b/f"), atime, mtime);
      });
    },
    { entries: ["a/b/f"] },
  ],
  [
    "E1 other permissions",
    (at) => {
      untilLater(at("f"), () => chmodSync(at("f"), 0o755));
    },
    { entries: ["f"] },
  ],
  [
    "a new file",
    (at) => writeFileSync(at("a/b/new"), ""),
    { entries: ["a/b/new"], listings: ["a/b"] },
  ],
  ["a file that went", (at) => unlinkSync(at("a/b/f")), { entries: ["a/b/f"], listings: ["a/b"] }],
  [
    "a file that came and went",
    (at) => {
      writeFileSync(at("a/b/h"), "");
      unlinkSync(at("a/b/h"));
    },
    { listings: ["a/b"] },
  ],
  [
    "a renamed file",
    (at) => renameSync(at("a/b/f"), at("d/f")),
    { entries: ["a/b/f", "d/f"], listings: ["a/b", "d"] },
  ],
  [
    "E3 another name for a file",
    (at) => linkSync(at("a/b/f"), at("d/f")),
    { entries: ["a/b/f", "d/f"], listings: ["d"] },
  ],
  [
    "a file put in the place of another",
    (at) => {
      writeFileSync(at("a/new"), "0123");
      renameSync(at("a/new"), at("a/f"));
    },
    { entries: ["a/f"], listings: ["a"] },
  ],
  [
    "E2 a file that became a directory",
    (at) => {
      unlinkSync(at("a/f"));
      mkdirSync(at("a/f"));
      writeFileSync(at("a/f/g"), "");
    },
    { entries: ["a/f"], cones: ["a/f"], listings: ["a", "a/f"] },
  ],
  [
    "E2 a directory that became a link",
    (at) => {
      rmSync(at("d/e"), { recursive: true });
      symlinkSync("../a", at("d/e"));
    },
    { entries: ["d/e"], cones: ["d/e"], listings: ["d"] },
  ],
  [
    "E5 a renamed directory",
    (at) => renameSync(at("a/b"), at("a/z")),
    { entries: ["a/b", "a/z"], cones: ["a/b", "a/z"], listings: ["a", "a/z", "a/z/c"] },
  ],
  [
    "E5 two directories that changed places",
    (at) => exchange(at("a"), at("d")),
    {
      entries: ["a/b", "a/e", "a/f", "d/b", "d/e", "d/f"],
      cones: ["a/b", "a/e", "d/b", "d/e"],
      listings: ["", "a", "a/e", "d", "d/b", "d/b/c"],
    },
  ],
  [
    "E6 a tree that went",
    (at) => rmSync(at("a/b"), { recursive: true }),
    { entries: ["a/b"], cones: ["a/b"], listings: ["a"] },
  ],
  [
    "E4 a tree that came",
    (at) => cpSync(at("a"), at("d/copy"), { recursive: true }),
    {
      entries: ["d/copy"],
      cones: ["d/copy"],
      listings: ["d", "d/copy", "d/copy/b", "d/copy/b/c"],
    },
  ],
  [
    "E7 a nested repository",
    (at) => {
      mkdirSync(at("a/.git"));
      writeFileSync(at("a/.git/HEAD"), "");
    },
    { entries: ["a"], cones: ["a"], listings: ["a", "a/b", "a/b/c"] },
  ],
  [
    "E8 other ignore rules",
    (at) => appendFileSync(at("x/.gitignore"), "f"),
    { entries: ["x/.gitignore"] },
  ],
];

test.each(CHANGES)("[C1] %s is found", (_, change, expected) => {
  using root = tempDir("compare");
  makeTree(root);
  const difference = differenceAfter(root, () => {
    change((path) => root.join(path));
  });
  expect(shown(difference)).toEqual({ ...NOTHING, ...expected });
  // Whatever is not as it was says so also to who looks for names in the index.
  const isKnown = (path: string): boolean => difference.changed.some((one) => one.path === path);
  const below = expected.cones ?? [];
  const own = (expected.listings ?? []).filter(
    (path) => !below.some((cone) => path === cone || path.startsWith(`${cone}/`)),
  );
  expect(own.filter((path) => !isKnown(path))).toEqual([]);
});

test("[C1] what a directory holds now is told where it is not as it was", () => {
  using root = tempDir("compare");
  makeTree(root);
  const { changed } = differenceAfter(root, () => {
    unlinkSync(root.join("a/b/f"));
  });
  const told = changed.map(({ path, names }) => `${path}: ${names.toSorted().join(" ")}`);
  expect(told).toEqual(["a/b: c g"]);
});

test("P4 names that are not UTF-8 are compared byte by byte", () => {
  using root = tempDir("compare");
  Bun.spawnSync(
    ["sh", "-c", "mkdir \"$(printf 'a\\377')\"; echo 1 > \"$(printf 'a\\377/b\\376')\""],
    {
      cwd: root.path,
    },
  );
  const difference = differenceAfter(root, () => {
    Bun.spawnSync(["sh", "-c", "echo 12 > \"$(printf 'a\\377/b\\376')\""], { cwd: root.path });
  });
  expect(shown(difference)).toEqual({ ...NOTHING, entries: ["a\xff/b\xfe"] });
});

test("a directory that is no longer passed over is new, and one that is from now on has gone", () => {
  using root = tempDir("compare");
  makeTree(root);
  const came = differenceAfter(root, () => {}, { before: ["a/b"] });
  expect(shown(came)).toEqual({ entries: ["a/b"], cones: ["a/b"], listings: ["a/b", "a/b/c"] });
  const went = differenceAfter(root, () => {}, { after: ["a/b"] });
  expect(shown(went)).toEqual({ entries: ["a/b"], cones: ["a/b"], listings: [] });
});

test("E7 a .git that is no repository yet is told of each time", () => {
  using root = tempDir("compare");
  makeTree(root);
  mkdirSync(root.join("sub/.git"));
  const difference = differenceAfter(root, () => {});
  expect(shown(difference)).toEqual({ entries: ["sub"], cones: ["sub"], listings: ["sub"] });
});

test("E7 a .git of which only the inside is other is the same", () => {
  using root = tempDir("compare");
  makeTree(root);
  mkdirSync(root.join("sub/.git/objects"), { recursive: true });
  mkdirSync(root.join("sub/.git/refs"));
  writeFileSync(root.join("sub/.git/HEAD"), "ref: refs/heads/main\n");
  const difference = differenceAfter(root, () => {
    writeFileSync(root.join("sub/.git/index"), "");
  });
  expect(shown(difference)).toEqual(NOTHING);
});
