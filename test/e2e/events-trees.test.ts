/** CHECKLIST E2, E4, E5 and E6: links, trees, renames, untracked trees. */

import { expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";

import { runGitAsync } from "../support/run-git.ts";
import { exchange } from "../support/system-calls.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempWorktree } from "../support/temp-worktree.ts";
import { watchedWorktree } from "../support/watched-worktree.ts";

const FILES = {
  "a/f": "a",
  "a/deep/er/g": "a",
  "b/f": "b",
  "b/deep/er/h": "b",
  top: "t",
};

/** Each step is followed by a comparison with the oracle. */
type Case = readonly [string, readonly ((tree: TempWorktree) => void)[]];

const E2: readonly Case[] = [
  [
    "E2 a symbolic link made, pointed elsewhere, and removed",
    [
      (tree) => symlinkSync("a", tree.join("link")),
      (tree) => {
        unlinkSync(tree.join("link"));
        symlinkSync("b", tree.join("link"));
      },
      (tree) => {
        tree.git("add", "link");
      },
      (tree) => {
        symlinkSync("nowhere", tree.join("link2"));
        renameSync(tree.join("link2"), tree.join("link"));
      },
      (tree) => unlinkSync(tree.join("link")),
    ],
  ],
  [
    "E2 a link to the folder it is in",
    [
      (tree) => symlinkSync(".", tree.join("a/loop")),
      (tree) => writeFileSync(tree.join("a/loop/loop/new"), ""),
    ],
  ],
  [
    "E2 directory to symbolic link, and back",
    [
      (tree) => {
        renameSync(tree.join("a"), tree.join("away"));
        symlinkSync("away", tree.join("a"));
      },
      (tree) => writeFileSync(tree.join("a/deep/er/through-the-link"), ""),
      (tree) => {
        unlinkSync(tree.join("a"));
        renameSync(tree.join("away"), tree.join("a"));
      },
      (tree) => writeFileSync(tree.join("a/deep/er/g"), "changed"),
    ],
  ],
  [
    "E2 file to directory, and back",
    [
      (tree) => {
        unlinkSync(tree.join("top"));
        mkdirSync(tree.join("top/of"), { recursive: true });
        writeFileSync(tree.join("top/of/f"), "");
      },
      (tree) => writeFileSync(tree.join("top/of/g"), ""),
      (tree) => {
        rmSync(tree.join("top"), { recursive: true });
        writeFileSync(tree.join("top"), "t");
      },
    ],
  ],
  [
    "E2 directory to file, and back",
    [
      (tree) => {
        rmSync(tree.join("a"), { recursive: true });
        writeFileSync(tree.join("a"), "now a file");
      },
      (tree) => {
        unlinkSync(tree.join("a"));
        tree.git("checkout", "--", "a");
      },
      (tree) => writeFileSync(tree.join("a/deep/er/g"), "changed"),
    ],
  ],
];

const E4: readonly Case[] = [
  [
    "E4 rapid nested directory creation",
    Array.from({ length: 15 }, (_, i) => (tree: TempWorktree) => {
      const folder = tree.join(`new${i}/1/2/3/4/5/6`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${folder}/f`, "");
    }),
  ],
  [
    "E4 tar x",
    [
      (tree) => {
        Bun.spawnSync(["sh", "-c", "tar cf - a b | (mkdir copy && cd copy && tar xf -)"], {
          cwd: tree.path,
        });
        expect(existsSync(tree.join("copy/b/deep/er/h"))).toBe(true);
      },
      (tree) => writeFileSync(tree.join("copy/a/deep/er/new"), ""),
      (tree) => rmSync(tree.join("copy/a"), { recursive: true }),
    ],
  ],
  [
    "E4 git clone into the tree",
    [
      (tree) => {
        using source = tempDir("source");
        const git = (...args: string[]): void => {
          Bun.spawnSync(["git", "-C", source.path, ...args]);
        };
        git("init", "--quiet");
        writeFileSync(source.join("f"), "");
        git("add", "f");
        git("commit", "--quiet", "--message=f");
        tree.git("clone", "--quiet", source.path, "cloned");
      },
      (tree) => writeFileSync(tree.join("cloned/new"), ""),
      (tree) => rmSync(tree.join("cloned/.git"), { recursive: true }),
      (tree) => writeFileSync(tree.join("cloned/newer"), ""),
    ],
  ],
];

const E5: readonly Case[] = [
  [
    "E5 rename a directory with nested ones, commit, then edit nested (git's daemon is wrong here)",
    [
      (tree) => {
        renameSync(tree.join("a"), tree.join("z"));
        tree.git("add", "--all");
        tree.git("commit", "--quiet", "--message=renamed");
      },
      (tree) => writeFileSync(tree.join("z/deep/er/g"), "changed"),
      (tree) => writeFileSync(tree.join("z/deep/er/new"), ""),
    ],
  ],
  [
    "E5 rename twice",
    [
      (tree) => {
        renameSync(tree.join("a"), tree.join("y"));
        renameSync(tree.join("y"), tree.join("z"));
      },
      (tree) => writeFileSync(tree.join("z/deep/er/g"), "changed"),
      (tree) => renameSync(tree.join("z"), tree.join("a")),
      (tree) => writeFileSync(tree.join("a/deep/er/g"), "changed again"),
    ],
  ],
  [
    "E5 swap a and b by a third name",
    [
      (tree) => {
        renameSync(tree.join("a"), tree.join("t"));
        renameSync(tree.join("b"), tree.join("a"));
        renameSync(tree.join("t"), tree.join("b"));
      },
      (tree) => writeFileSync(tree.join("a/deep/er/new"), ""),
      (tree) => writeFileSync(tree.join("b/deep/er/new"), ""),
    ],
  ],
  [
    "E5 swap a and b in one step",
    [
      (tree) => exchange(tree.join("a"), tree.join("b")),
      (tree) => writeFileSync(tree.join("a/deep/er/new"), ""),
      (tree) => exchange(tree.join("a"), tree.join("top")),
      (tree) => writeFileSync(tree.join("top/deep/er/newer"), ""),
    ],
  ],
  [
    "E5 move out, move in, and out and in again",
    [
      (tree) => renameSync(tree.join("a"), `${tree.path}-outside`),
      (tree) => {
        writeFileSync(`${tree.path}-outside/deep/er/new`, "");
        renameSync(`${tree.path}-outside`, tree.join("a"));
      },
      (tree) => writeFileSync(tree.join("a/deep/er/g"), "changed"),
      (tree) => {
        renameSync(tree.join("a"), `${tree.path}-outside`);
        renameSync(`${tree.path}-outside`, tree.join("c"));
      },
      (tree) => writeFileSync(tree.join("c/deep/er/g"), "changed"),
    ],
  ],
  [
    "E5 a rename that changes only the case",
    [
      (tree) => renameSync(tree.join("a"), tree.join("A")),
      (tree) => writeFileSync(tree.join("A/deep/er/g"), "changed"),
      (tree) => renameSync(tree.join("A/f"), tree.join("A/F")),
    ],
  ],
  [
    "E5 move over an empty directory",
    [
      (tree) => mkdirSync(tree.join("empty")),
      (tree) => renameSync(tree.join("a"), tree.join("empty")),
      (tree) => writeFileSync(tree.join("empty/deep/er/g"), "changed"),
    ],
  ],
  [
    "E5 rename a directory below another that is renamed too",
    [
      (tree) => {
        renameSync(tree.join("a/deep"), tree.join("a/shallow"));
        renameSync(tree.join("a"), tree.join("z"));
        renameSync(tree.join("z/shallow/er"), tree.join("b/er"));
      },
      (tree) => writeFileSync(tree.join("b/er/new"), ""),
      (tree) => writeFileSync(tree.join("z/shallow/new"), ""),
    ],
  ],
];

const E6: readonly Case[] = [
  [
    "E6 untracked trees that swap names",
    [
      (tree) => {
        mkdirSync(tree.join("u/x"), { recursive: true });
        writeFileSync(tree.join("u/x/one"), "");
        mkdirSync(tree.join("v/x"), { recursive: true });
        writeFileSync(tree.join("v/x/two"), "");
      },
      (tree) => exchange(tree.join("u"), tree.join("v")),
      (tree) => exchange(tree.join("u/x"), tree.join("v/x")),
    ],
  ],
  [
    "E6 an empty directory in the place of a full one",
    [
      (tree) => {
        mkdirSync(tree.join("a/u"));
        writeFileSync(tree.join("a/u/one"), "");
      },
      (tree) => {
        mkdirSync(`${tree.path}-empty`);
        renameSync(tree.join("a/u"), `${tree.path}-full`);
        renameSync(`${tree.path}-empty`, tree.join("a/u"));
      },
      (tree) => {
        rmdirSync(tree.join("a/u"));
        renameSync(`${tree.path}-full`, tree.join("a/u"));
      },
      (tree) => {
        renameSync(tree.join("a/u"), `${tree.path}-full`);
        mkdirSync(tree.join("a/u"));
      },
    ],
  ],
  [
    "E6 a whole untracked tree deleted",
    [
      (tree) => cpSync(tree.join("a"), tree.join("b/copy-of-a"), { recursive: true }),
      (tree) => rmSync(tree.join("b/copy-of-a"), { recursive: true }),
    ],
  ],
  [
    "E6 nested empty directories, then a file in the last",
    [
      (tree) => mkdirSync(tree.join("a/1/2/3/4"), { recursive: true }),
      (tree) => writeFileSync(tree.join("a/1/2/3/4/f"), ""),
      (tree) => unlinkSync(tree.join("a/1/2/3/4/f")),
    ],
  ],
  [
    "E6 the tracked files of a folder move out, the untracked ones stay",
    [
      (tree) => writeFileSync(tree.join("a/untracked"), ""),
      (tree) => {
        mkdirSync(tree.join("n"));
        renameSync(tree.join("a/f"), tree.join("n/f"));
        renameSync(tree.join("a/deep"), tree.join("n/deep"));
      },
      (tree) => {
        tree.git("add", "--all", "n");
      },
    ],
  ],
];

test.each([...E2, ...E4, ...E5, ...E6])("%s", async (_, steps) => {
  await using watched = await watchedWorktree("trees", { files: FILES });
  for (const step of steps) {
    step(watched.tree);
    watched.check();
  }
  // The cases above are about gity only while it says more than "everything".
  const health = await watched.home.gityJson("health", watched.tree.path);
  expect(health).toMatchObject({ state: "ready", resyncs: 0 });
});

test("E4 cp -a of 10,000 directories into the tree", async () => {
  using source = tempDir("source");
  for (let i = 0; i < 10_000; i += 1) {
    mkdirSync(source.join(`${i % 100}/${i}`), { recursive: true });
  }
  writeFileSync(source.join("99/9999/f"), "");
  await using watched = await watchedWorktree("copy", { files: FILES });
  const { tree } = watched;
  Bun.spawnSync(["cp", "-a", source.path, tree.join("copied")]);
  expect(readdirSync(tree.join("copied")).length).toBe(100);
  watched.check();
  writeFileSync(tree.join("copied/50/50/f"), "");
  watched.check();
  renameSync(tree.join("copied"), tree.join("moved"));
  watched.check();
  writeFileSync(tree.join("moved/51/51/f"), "");
  watched.check();
});

// Only git can be counted on to make an archive; some machines cannot open it.
test.skipIf(Bun.which("unzip") === null)("E4 unzip into the tree", async () => {
  await using watched = await watchedWorktree("unzip", { files: FILES });
  const { tree } = watched;
  using archive = tempDir("archive");
  tree.git("archive", "--format=zip", `--output=${archive.join("a.zip")}`, "HEAD");
  // Beside what is there, and then over it: the second time every tracked file is replaced.
  for (const target of [tree.join("unpacked"), tree.path]) {
    const command = ["unzip", "-qo", archive.join("a.zip"), "-d", target];
    expect(Bun.spawnSync(command).exitCode).toBe(0);
    watched.check();
  }
  writeFileSync(tree.join("unpacked/b/deep/er/new"), "");
  watched.check();
});

test("E5 renames in a tree that is being crawled because it was moved in", async () => {
  await using watched = await watchedWorktree("moved-in", { files: FILES });
  const { tree } = watched;
  for (let round = 0; round < 3; round += 1) {
    const big = `${tree.path}-big${round}`;
    for (let i = 0; i < 3_000; i += 1) {
      mkdirSync(`${big}/${i % 10}/${i}`, { recursive: true });
    }
    writeFileSync(`${big}/3/3/f`, "");
    renameSync(big, tree.join("big"));
    // Asked, and renamed while the crawl is under way.
    const asking = runGitAsync(tree.path, ["status", "--short"]);
    renameSync(tree.join("big/3"), tree.join("big/x"));
    renameSync(tree.join("big"), tree.join(`b/round${round}`));
    mkdirSync(tree.join(`b/round${round}/x/3/late/deep`), { recursive: true });
    writeFileSync(tree.join(`b/round${round}/x/3/late/deep/f`), "");
    // oxlint-disable-next-line no-await-in-loop
    await asking;
    watched.check();
    writeFileSync(tree.join(`b/round${round}/x/3/late/deep/g`), "");
    writeFileSync(tree.join(`b/round${round}/9/2999/f`), "");
    watched.check();
  }
});

test("E5 renames while the tree is being crawled for the first time", async () => {
  await using watched = await watchedWorktree("crawl", {
    files: FILES,
    generated: { files: 4_000, directories: 2_000 },
  });
  const { tree, home } = watched;
  for (let round = 0; round < 5; round += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await home.gity("daemon", "stop");
    // oxlint-disable-next-line no-await-in-loop
    await home.startDaemon();
    // The daemon answers, and is crawling.
    renameSync(tree.join("a"), tree.join("z"));
    mkdirSync(tree.join("made/while/crawling"), { recursive: true });
    writeFileSync(tree.join("made/while/crawling/f"), "");
    watched.check();
    // oxlint-disable-next-line no-await-in-loop
    expect((await home.gity("register", tree.path)).exitCode).toBe(0);
    watched.check();
    writeFileSync(tree.join("z/deep/er/g"), `${round}`);
    writeFileSync(tree.join("made/while/crawling/g"), `${round}`);
    watched.check();
    renameSync(tree.join("z"), tree.join("a"));
    rmSync(tree.join("made"), { recursive: true });
    watched.check();
  }
});

test("E2 a link replaced by the directory it named", async () => {
  await using watched = await watchedWorktree("link", { files: FILES });
  const { tree } = watched;
  symlinkSync("a", tree.join("l"));
  tree.git("add", "l");
  watched.check();
  expect(readlinkSync(tree.join("l"))).toBe("a");
  unlinkSync(tree.join("l"));
  cpSync(tree.join("a"), tree.join("l"), { recursive: true });
  watched.check();
  writeFileSync(tree.join("l/deep/er/new"), "");
  watched.check();
});
