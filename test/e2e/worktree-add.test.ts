/** New worktrees beside a daemon: watched from the start, and none is in another's way. */

import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { builtGity } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome, TEST_VIA } from "../support/gity-home.ts";
import { interactiveShell, withoutSequences } from "../support/interactive-shell.ts";
import { newerGit } from "../support/newer-git.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { GIT } from "../support/run-git.ts";
import { shareWorktrees } from "../support/share-worktrees.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

const NEWER_GIT = newerGit() ?? "";

/** Without a git that asks sockets only the hook can be tried: `bun test/support/newer-git.ts`. */
const WAYS = [
  { via: TEST_VIA, git: GIT },
  ...(NEWER_GIT === "" ? [] : [{ via: "socket", git: NEWER_GIT }]),
];

interface Way {
  readonly via: string;
  readonly git: string;
}

function environmentFor({ git }: Way): Readonly<Record<string, string>> {
  const path = process.env["PATH"] ?? "";
  return { PATH: git === "git" ? path : `${dirname(git)}:${path}` };
}

async function register(home: GityHome, tree: TempWorktree, way: Way): Promise<void> {
  const options = { environment: environmentFor(way) };
  const result = await home.gityIn(options, "register", "--via", way.via, tree.path);
  expect(result).toMatchObject({ exitCode: 0 });
}

async function add(home: GityHome, tree: TempWorktree, way: Way, ...words: string[]) {
  const options = { directory: tree.path, environment: environmentFor(way) };
  return home.gityIn(options, "worktree", "add", ...words);
}

function status({ git }: Way, root: string): string {
  const { stdout } = Bun.spawnSync([git, "status", "--porcelain"], { cwd: root });
  return stdout.toString();
}

async function unknownAnswers(home: GityHome, root: string): Promise<unknown> {
  return (await home.gityJson("health", root))["unknownAnswers"];
}

test.each(WAYS)("the first git status after gity worktree add gets no '/' ($via)", async (way) => {
  await using home = await gityHome();
  using tree = tempWorktree("add", { generated: { files: 300, directories: 20 } });
  await register(home, tree, way);
  const root = tree.join("../new");

  const added = await add(home, tree, way, "../new");
  const before = await unknownAnswers(home, root);
  const shown = status(way, root);

  expect(added).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining(`'${root}' is watched, and its status is warm\n`),
    stderr: expect.not.stringMatching(/warning|watching/),
  });
  expect(shown).toBe("");
  // A token of the monitor's, and nothing in doubt with it.
  const index = readFileSync(`${tree.gitDir}/worktrees/new/index`, "latin1");
  expect(index).toMatch(/gity:[0-9a-f]+:\d+\0/);
  expect(await home.gityJson("health", root)).toMatchObject({
    state: "ready",
    unknownAnswers: before,
    queries: expect.any(Number),
  });
  expectStatusMatchesOracle(root);
});

test.each(WAYS)(
  "S4: a dirty sibling's changes never show in a new worktree ($via)",
  async (way) => {
    await using home = await gityHome();
    using tree = tempWorktree("add", { files: { f: "1", "sub/g": "1" } });
    await register(home, tree, way);
    tree.write("f", "2");
    tree.write("sub/untracked", "");
    const root = tree.join("../new");

    await add(home, tree, way, "../new");
    const first = status(way, root);
    tree.write("sub/g", "2");

    expect([first, status(way, root)]).toEqual(["", ""]);
    expect(status(way, tree.path)).toBe(" M f\n M sub/g\n?? sub/untracked\n");
  },
);

test.each(WAYS)(
  "S4: neither adding nor removing a worktree disturbs the others' tokens ($via)",
  async (way) => {
    await using home = await gityHome();
    using tree = tempWorktree("add", { files: { f: "1" } });
    await register(home, tree, way);
    await add(home, tree, way, "../stays");
    await add(home, tree, way, "../goes");
    const stays = tree.join("../stays");
    const { token } = await home.gityJson("changed", stays);
    const before = await unknownAnswers(home, stays);

    tree.git("worktree", "remove", "../goes");
    await add(home, tree, way, "../later");
    writeFileSync(join(stays, "new"), "");

    expect(status(way, stays)).toBe("?? new\n");
    expect(await unknownAnswers(home, stays)).toBe(before);
    expect(await home.gityJson("changed", "--since", String(token), stays)).toMatchObject({
      kind: "changed",
      paths: ["new"],
    });
  },
);

test("two gity worktree add at once each see to their own", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("add", { files: { f: "1" } });
  using signs = tempDir("add-signs");
  // git itself fails where two begin at the same moment: one ends while the other is at its hook.
  const hook = `#!/bin/sh\ncase "$PWD" in */one) : > '${signs.join("begun")}'; cat '${signs.join("end")}' ;; esac\n`;
  writeFileSync(signs.join("post-checkout"), hook, { mode: 0o755 });
  Bun.spawnSync(["mkfifo", signs.join("end")]);
  tree.git("config", "core.hooksPath", signs.path);
  await home.register(tree.path);
  const options = { directory: tree.path };

  const first = home.gityIn(options, "worktree", "add", "../one");
  await eventually(() => existsSync(signs.join("begun")), { what: "a git at its hook" });
  const results = [await home.gityIn(options, "worktree", "add", "../two")];
  writeFileSync(signs.join("end"), "");
  results.push(await first);

  const roots = ["two", "one"].map((name) => tree.join(`../${name}`));
  expect(results).toEqual(
    roots.map((root) => ({
      exitCode: 0,
      stdout: expect.stringContaining(`'${root}' is watched, and its status is warm\n`),
      stderr: expect.any(String),
    })),
  );
});

test.each(WAYS)(
  "gity worktree add: a hook that fails keeps nothing from the worktree that git keeps ($via)",
  async (way) => {
    await using home = await gityHome();
    using trees = shareWorktrees();
    const { main } = trees;
    using hooks = tempDir("add-hooks");
    main.git("config", "core.hooksPath", hooks.path);
    await register(home, main, way);
    const root = main.join("../new");
    const outcomes = [];
    for (const exitCode of [7, 0]) {
      writeFileSync(hooks.join("post-checkout"), `#!/bin/sh\nexit ${exitCode}\n`, { mode: 0o755 });
      // oxlint-disable-next-line no-await-in-loop
      outcomes.push(await add(home, main, way, "../new"));
    }

    expect(outcomes).toMatchObject([
      {
        exitCode: 7,
        stdout: expect.stringMatching(
          /^'node_modules' mirrored from .*\n'.*' is watched, and its status is warm\n$/m,
        ),
      },
      // It is there: git makes none, and another's is not taken for it.
      { exitCode: 128, stdout: "" },
    ]);
    expect(readFileSync(join(root, "node_modules/k/index.js"), "utf8")).toBe("k");
    expect(status(way, root)).toBe("");
    expect(await home.gityJson("health", root)).toMatchObject({ state: "ready" });
  },
);

test("gity worktree add leaves the configuration as its user has it now", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("add", { files: { f: "1" } });
  await home.register(tree.path);
  tree.git("config", "core.untrackedCache", "false");
  const before = readFileSync(`${tree.gitDir}/config`, "utf8");

  const added = await home.gityIn({ directory: tree.path }, "worktree", "add", "../new");

  expect(added).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("is watched") });
  expect(readFileSync(`${tree.gitDir}/config`, "utf8")).toBe(before);
});

test("gity worktree add takes a worktree of the same name in the place of one that is gone", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("add", { files: { f: "1" } });
  await home.register(tree.path);
  const options = { directory: tree.path };
  await home.gityIn(options, "worktree", "add", "../new");
  Bun.spawnSync(["rm", "-rf", tree.join("../new")]);

  const again = await home.gityIn(options, "worktree", "add", "--force", "../new", "new");

  expect(again).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("is watched, and its status is warm\n"),
  });
  expectStatusMatchesOracle(tree.join("../new"));
});

test("gity worktree add starts a daemon for a registered repository, and does without where none may be", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("add", { files: { f: "1" } });
  const options = { directory: tree.path, environment: { GITY_NO_DAEMON: undefined } };
  await home.register(tree.path);
  await home.killDaemon("SIGTERM");

  const started = await home.gityIn(options, "worktree", "add", "../new");
  await home.gity("daemon", "stop");
  const without = await home.gityIn(options, "worktree", "add", "../other");

  expect(started).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("is watched, and its status is warm\n"),
  });
  expect(without).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining("hint: start it with 'gity daemon start'\n"),
  });
  expect(existsSync(tree.join("../other/f"))).toBe(true);
});

test("gity worktree add --no-checkout is watched, and looks at nothing", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("add", { files: { f: "1" } });
  await home.register(tree.path);
  const options = { directory: tree.path };

  const added = await home.gityIn(options, "worktree", "add", "--no-checkout", "../new");

  tree.git("config", "gity.share", "node_modules");
  const shared = await home.gityIn(options, "worktree", "add", "--no-checkout", "../shared");
  tree.git("config", "gity.shareAuto", "true");
  const filled = await home.gityIn(options, "worktree", "add", "--no-checkout", "../filled");

  expect([added.exitCode, added.stdout]).toEqual([0, ""]);
  expect([shared.stderr, filled.stderr].map((text) => text.split("\n").at(-2))).toEqual([
    "hint: mirror the shared directories with 'gity share pull' once something is checked out",
    "hint: the daemon mirrors the shared directories once something is checked out",
  ]);
  expect(existsSync(`${tree.gitDir}/worktrees/new/index`)).toBe(false);
  expect(await home.gityJson("health", tree.join("../new"))).toMatchObject({ state: "ready" });
});

test.skipIf(NEWER_GIT === "")("gity worktree add --orphan, with a git that knows it", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("add", { files: { f: "1" } });
  const way = { via: "socket", git: NEWER_GIT };
  await register(home, tree, way);

  const added = await add(home, tree, way, "--orphan", "../new");

  expect(added).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining("warning") });
  expect(status(way, tree.join("../new"))).toBe("");
});

test("gity worktree add mirrors, watches and warms, and says so on a terminal in one line", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main } = trees;
  await home.register(main.path);
  const script = `"$1" worktree add ../new; echo "code $?"`;
  await using shell = interactiveShell(["sh", "-c", script, "sh", builtGity()], {
    cwd: main.path,
    environment: { GITY_HOME: home.path },
  });

  const shown = await shell.begun(/code \d+/);
  const root = main.join("../new");

  expect(shown).toContain(` watching '${root}'`);
  expect(shown).toContain(` warming the status of '${root}'`);
  expect(
    withoutSequences(shown)
      .split("\r\n")
      .map((line) => line.slice(line.lastIndexOf("\r") + 1)),
  ).toEqual([
    "Preparing worktree (new branch 'new')",
    expect.stringContaining("HEAD is now at "),
    expect.stringMatching(/^'node_modules' mirrored from /),
    `'${root}' is watched, and its status is warm`,
    "code 0",
    "",
  ]);
  expect(readFileSync(join(root, "node_modules/k/index.js"), "utf8")).toBe("k");
  expectStatusMatchesOracle(root);
});
