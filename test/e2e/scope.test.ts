/** CHECKLIST E8: what git ignores is not watched, and is when it no longer is ignored. */

import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

import { eventually } from "../support/eventually.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { requireSuccess, tryRunGit } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

const FILES = {
  ".gitignore": "node_modules/\n*.o\n",
  "src/a.c": "a",
  "src/b.c": "b",
};

/** Puts an ignored tree there before gity sees it. */
async function withModules(label: string): Promise<WatchedWorktree> {
  return watchedWorktree(label, {
    files: FILES,
    directories: ["node_modules/x/lib", "node_modules/y/lib", "src/node_modules/z"],
  });
}

/** A token after which nothing is reported: git has been asked again since it wrote its index. */
async function quietToken(watched: WatchedWorktree): Promise<{ token: string }> {
  return eventually(async () => {
    const { token } = await watched.changedSince("");
    return (await watched.changedSince(token)).paths.length === 0 && { token };
  });
}

async function health(watched: WatchedWorktree): Promise<Record<string, unknown>> {
  return watched.home.gityJson("health", watched.tree.path);
}

test("E8 ignored directories are not watched, and nothing in them is reported", async () => {
  await using watched = await withModules("scope");
  const { tree } = watched;
  expect(await health(watched)).toMatchObject({ watchedDirectories: 2, excludedDirectories: 2 });
  const { token } = await quietToken(watched);
  writeFileSync(tree.join("node_modules/x/lib/index.js"), "");
  mkdirSync(tree.join("node_modules/new"));
  expect(await watched.changedSince(token)).toMatchObject({ kind: "changed", paths: [] });
  watched.check();
});

test("E8 the index that git writes after a change is no reason to write another", async () => {
  await using watched = await withModules("scope");
  const { tree } = watched;
  const index = (): number => statSync(`${tree.gitDir}/index`).ino;
  await eventually(() => {
    const before = index();
    tree.git("status");
    return index() === before;
  });
  for (let i = 0; i < 5; i += 1) {
    const before = index();
    writeFileSync(tree.join("src/a.c"), `changed ${i}`);
    tree.write(`src/new-${i}`, "");
    tree.git("status");
    const written = index();
    tree.git("status");
    tree.git("status");
    expect([written === before, index()]).toEqual([false, written]);
  }
  watched.check();
});

test("E8 after registering, and after each change of a rule, answers come back", async () => {
  await using watched = await withModules("scope");
  const { tree } = watched;
  tree.write("build/only.o", "");
  for (const rules of ["node_modules/\n*.o\n", "*.o\n", "node_modules/\n"]) {
    writeFileSync(tree.join(".gitignore"), rules);
    // oxlint-disable-next-line no-await-in-loop
    await eventually(() => watched.isAnswered(), { what: `answers with ${rules}` });
    watched.check();
    tree.write(`build/new-${rules.length}`, "");
    tree.write(`node_modules/x/lib/new-${rules.length}`, "");
    watched.check();
  }
});

test("E8 a directory that holds nothing but ignored files is watched: a file may be made in it", async () => {
  await using watched = await watchedWorktree("scope", {
    files: { ".gitignore": "*.o\n", f: "" },
    directories: ["build"],
  });
  const { tree, home } = watched;
  tree.write("build/x.o", "");
  await home.gity("unregister", tree.path);
  await home.gity("register", tree.path);
  watched.check();
  watched.check();
  tree.write("build/y.c", "");
  watched.check();
  expect(watched.status()).toBe("?? build/");
});

test("E8 un-ignoring in .gitignore, info/exclude and a nested .gitignore is seen at once", async () => {
  await using watched = await withModules("scope");
  const { tree } = watched;
  const steps = [
    () => writeFileSync(tree.join(".gitignore"), "*.o\n"),
    () => writeFileSync(tree.join("node_modules/x/lib/new"), ""),
    () => writeFileSync(`${tree.gitDir}/info/exclude`, "node_modules/\n"),
    () => writeFileSync(tree.join("node_modules/x/lib/newer"), ""),
    () => writeFileSync(`${tree.gitDir}/info/exclude`, ""),
    () => writeFileSync(tree.join("node_modules/y/lib/new"), ""),
    () => writeFileSync(tree.join("src/.gitignore"), "node_modules\n"),
    () => rmSync(tree.join("src/.gitignore")),
    () => writeFileSync(tree.join("src/node_modules/z/new"), ""),
    () => rmSync(tree.join(".gitignore")),
    () => writeFileSync(tree.join("src/node_modules/z/newer"), ""),
  ];
  for (const step of steps) {
    step();
    watched.check();
    watched.check();
  }
  await eventually(async () => (await health(watched))["excludedDirectories"] === 0);
  const { token } = await watched.changedSince("");
  writeFileSync(tree.join("node_modules/y/lib/last"), "");
  expect((await watched.changedSince(token)).paths).toContain("node_modules/y/lib/last");
  watched.check();
});

test("E8 git add -f inside an ignored directory", async () => {
  await using watched = await withModules("scope");
  const { tree } = watched;
  writeFileSync(tree.join("node_modules/x/lib/index.js"), "1");
  watched.check();
  tree.git("add", "--force", "node_modules/x/lib/index.js");
  watched.check();
  for (let i = 0; i < 20; i += 1) {
    appendFileSync(tree.join("node_modules/x/lib/index.js"), `${i}`);
    watched.check();
    tree.git("add", "--force", "node_modules/x/lib/index.js");
    watched.check();
  }
  tree.git("commit", "--quiet", "--message=forced");
  watched.check();
  // The parts of node_modules without tracked files go unwatched again.
  await eventually(async () => {
    watched.check();
    const { excludedDirectories, watchedDirectories } = await health(watched);
    return excludedDirectories === 2 && watchedDirectories === 5;
  });
  appendFileSync(tree.join("node_modules/x/lib/index.js"), "last");
  watched.check();
  expect(watched.status()).toBe(" M node_modules/x/lib/index.js");
});

test.each(["in the git directory", "elsewhere"])(
  "E8 git add -f inside an ignored directory, with another index %s",
  async (place) => {
    using outside = tempDir("index");
    await using watched = await withModules("scope");
    const { tree } = watched;
    writeFileSync(tree.join("node_modules/x/lib/index.js"), "1");
    const index = place === "elsewhere" ? outside.join("index") : `${tree.gitDir}/other-index`;
    const git = (...args: string[]): string => {
      const options = { environment: { GIT_INDEX_FILE: index } };
      return requireSuccess(args, tryRunGit(tree.path, args, options)).toString();
    };
    // An index of its own, with a token of its own, which gity's picture knows nothing of.
    git("read-tree", "HEAD");
    git("add", "--force", "node_modules/x/lib/index.js");
    const staged = "A  node_modules/x/lib/index.js\n";
    const edited = "AM node_modules/x/lib/index.js\n";
    for (let i = 2; i < 4; i += 1) {
      // Once git has been asked again, what is excluded is in no answer.
      // oxlint-disable-next-line no-await-in-loop
      await quietToken(watched);
      expect([git("status", "--short"), git("status", "--short")]).toEqual([staged, staged]);
      writeFileSync(tree.join("node_modules/x/lib/index.js"), `${i}`);
      expect(git("status", "--short")).toBe(edited);
      git("add", "--force", "node_modules/x/lib/index.js");
    }
    watched.check();
    // Without excluded directories another index is answered like the own one.
    writeFileSync(tree.join(".gitignore"), "");
    watched.check();
    await eventually(async () => (await health(watched))["excludedDirectories"] === 0);
    git("status", "--short");
    git("status", "--short");
    const { stderr } = tryRunGit(tree.path, ["status", "--short"], {
      environment: { GIT_INDEX_FILE: index, GIT_TRACE2_EVENT: "2" },
    });
    expect(stderr).toMatch(/"fsm_(?:hook|client)"/);
    expect(stderr).not.toContain("query/trivial-response");
    writeFileSync(tree.join("node_modules/x/lib/index.js"), "last");
    expect(git("status", "--short")).toContain(edited);
  },
);

test("E8 a tracked file below an ignored directory, from the beginning", async () => {
  await using watched = await watchedWorktree("scope", {
    files: { "build/keep": "1", "build/sub/keep": "1", "other/x": "1" },
    directories: ["build/out/deep"],
  });
  const { tree, home } = watched;
  writeFileSync(tree.join(".gitignore"), "build/\n");
  tree.git("add", "--all");
  tree.git("commit", "--quiet", "--message=ignored");
  await home.gity("unregister", tree.path);
  await home.gity("register", tree.path);
  expect(await health(watched)).toMatchObject({ excludedDirectories: 1, watchedDirectories: 4 });
  appendFileSync(tree.join("build/sub/keep"), "2");
  watched.check();
  expect(watched.status()).toBe(" M build/sub/keep");
});

test("E8 core.excludesFile set, changed, created, pointed elsewhere and unset", async () => {
  using rules = tempDir("rules");
  await using watched = await withModules("scope");
  const { tree } = watched;
  const steps = [
    () => tree.write("build/f", ""),
    () => tree.git("config", "core.excludesFile", rules.join("one")),
    () => writeFileSync(rules.join("one"), "build/\n"),
    () => tree.write("build/g", ""),
    () => writeFileSync(rules.join("one"), "other/\n"),
    () => tree.write("build/deep/h", ""),
    () => writeFileSync(rules.join("two"), "build/\nsrc/*.tmp\n"),
    () => tree.git("config", "core.excludesFile", rules.join("two")),
    () => tree.write("src/a.tmp", ""),
    () => rmSync(rules.join("two")),
    () => tree.write("src/b.tmp", ""),
    () => tree.git("config", "--unset", "core.excludesFile"),
    () => tree.write("build/deep/i", ""),
  ];
  for (const step of steps) {
    step();
    watched.check();
    watched.check();
  }
  // Of the user's own rules nothing goes unwatched: another process may have others.
  expect(await health(watched)).toMatchObject({ excludedDirectories: 2 });
});

test("E8 core.excludesFile of one user's environment, and of another's", async () => {
  using rules = tempDir("rules");
  await using watched = await withModules("scope");
  const { tree } = watched;
  writeFileSync(rules.join("excludes"), "build/\n");
  writeFileSync(rules.join("config"), `[core]\n\texcludesFile = ${rules.join("excludes")}\n`);
  const environment = { GIT_CONFIG_GLOBAL: rules.join("config") };
  for (const path of ["build/f", "build/deep/g", "src/h", "build/deep/i"]) {
    tree.write(path, "");
    expectStatusMatchesOracle(tree.path, environment);
    watched.check();
  }
});

/** Each step is followed by a comparison with the oracle. */
const SPARSE: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  [
    "cone mode",
    [
      ["sparse-checkout", "init", "--cone"],
      ["sparse-checkout", "set", "src"],
      ["sparse-checkout", "add", "lib/in"],
      ["sparse-checkout", "set", "lib"],
      ["sparse-checkout", "reapply"],
      ["sparse-checkout", "disable"],
    ],
  ],
  [
    "patterns",
    [
      ["sparse-checkout", "init", "--no-cone"],
      ["sparse-checkout", "set", "--no-cone", "/src/", "!/src/b.c", "/lib/in/"],
      ["sparse-checkout", "add", "/top"],
      ["sparse-checkout", "disable"],
    ],
  ],
  [
    "a sparse index",
    [
      ["sparse-checkout", "init", "--cone", "--sparse-index"],
      ["sparse-checkout", "set", "src"],
      ["checkout", "--quiet", "-b", "other"],
      ["sparse-checkout", "set", "lib/in"],
      ["sparse-checkout", "init", "--cone", "--no-sparse-index"],
      ["sparse-checkout", "disable"],
    ],
  ],
];

test.each(SPARSE)("E8 sparse-checkout with %s", async (_, commands) => {
  await using watched = await watchedWorktree("sparse", {
    files: {
      ...FILES,
      "lib/.gitignore": "*.tmp\nout/\n",
      "lib/in/c": "c",
      "lib/d": "d",
      top: "t",
    },
    directories: ["node_modules/x", "lib/out/deep"],
  });
  const { tree } = watched;
  for (const [round, command] of commands.entries()) {
    tree.git(...command);
    watched.check();
    watched.check();
    for (const path of [
      "src/new",
      "lib/in/new",
      "lib/new.tmp",
      "lib/out/deep/f",
      "node_modules/x/f",
    ]) {
      tree.write(path, `${round}`);
    }
    watched.check();
    writeFileSync(tree.join("src/a.c"), `${round}`);
    rmSync(tree.join("lib/in/new"));
    watched.check();
    tree.git("checkout", "--quiet", "--force", "--", ".");
    watched.check();
  }
  expect(await health(watched)).toMatchObject({ state: "ready" });
});

test("E8 ignored directories that move, and others that come in their place", async () => {
  await using watched = await withModules("scope");
  const { tree } = watched;
  renameSync(tree.join("node_modules"), tree.join("visible"));
  watched.check();
  writeFileSync(tree.join("visible/x/lib/f"), "");
  watched.check();
  renameSync(tree.join("visible"), tree.join("node_modules"));
  watched.check();
  renameSync(tree.join("src"), tree.join("lib"));
  mkdirSync(tree.join("src/node_modules/z"), { recursive: true });
  writeFileSync(tree.join("src/node_modules/z/f"), "");
  watched.check();
  writeFileSync(tree.join("lib/node_modules/z/f"), "");
  watched.check();
  renameSync(tree.join("lib"), tree.join("lib2"));
  writeFileSync(tree.join(".gitignore"), "");
  watched.check();
  writeFileSync(tree.join("lib2/node_modules/z/g"), "");
  watched.check();
  writeFileSync(tree.join("src/node_modules/z/g"), "");
  watched.check();
});

test("a node_modules of 60,000 directories takes no watch, and nothing in it is reported", async () => {
  await using watched = await watchedWorktree("modules", { files: FILES });
  const { tree, home } = watched;
  await home.gity("unregister", tree.path);
  for (let i = 0; i < 60_000; i += 1) {
    if (i % 250 === 0) {
      mkdirSync(tree.join(`node_modules/${i / 250}`), { recursive: true });
    }
    mkdirSync(tree.join(`node_modules/${Math.floor(i / 250)}/${i}`));
  }
  await home.gity("register", tree.path);
  expect(await health(watched)).toMatchObject({
    state: "ready",
    watchedDirectories: 2,
    excludedDirectories: 1,
  });
  const { token } = await quietToken(watched);
  for (let i = 0; i < 1000; i += 1) {
    writeFileSync(tree.join(`node_modules/7/${7 * 250 + (i % 250)}/${i}`), "");
  }
  expect(await watched.changedSince(token)).toMatchObject({ kind: "changed", paths: [], token });
  watched.check();
  // Un-ignored, all of it is watched and reported.
  writeFileSync(tree.join(".gitignore"), "");
  watched.check();
  await eventually(async () => (await health(watched))["watchedDirectories"] === 60_243, {
    deadlineMs: 60_000,
  });
  writeFileSync(tree.join("node_modules/7/1751/new"), "");
  watched.check();
  // And ignored again, it is let go.
  writeFileSync(tree.join(".gitignore"), "node_modules\n");
  watched.check();
  await eventually(
    async () => {
      watched.status();
      return (await health(watched))["watchedDirectories"] === 2;
    },
    { deadlineMs: 60_000 },
  );
  watched.check();
}, 300_000);

test("npm install into a watched tree: the new directories go unwatched again", async () => {
  await using watched = await watchedWorktree("install", { files: FILES });
  const { tree } = watched;
  for (let i = 0; i < 500; i += 1) {
    mkdirSync(tree.join(`node_modules/p${i}/lib`), { recursive: true });
  }
  watched.check();
  await eventually(async () => {
    watched.status();
    return (await health(watched))["watchedDirectories"] === 2;
  });
  expect(await health(watched)).toMatchObject({ excludedDirectories: 1 });
  writeFileSync(tree.join("node_modules/p1/lib/f"), "");
  watched.check();
});
