/**
 * `gity.shareAuto`: a worktree that is added gets what is shared by itself.
 *
 * Goal: it is there when its checkout is done, never half of it, never over something, and never where nobody wants it.
 */

import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome, isRunning } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { gitText, runGit } from "../support/run-git.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";
import { wholeTree } from "../support/whole-tree.ts";

const MODULES = "node_modules";
const AN_HOUR_AGO = new Date(Date.now() - 3_600_000);

interface SharedRepository extends AsyncDisposable {
  readonly home: GityHome;
  readonly main: TempWorktree;
}

/** A registered repository whose new worktrees get `node_modules`. */
async function sharedRepository(fileCount = 1): Promise<SharedRepository> {
  const main = tempWorktree("auto", {
    files: { ".gitignore": `${MODULES}/\nbuild/\n`, "package-lock.json": "{}", "a/f": "1" },
  });
  for (let i = 0; i < fileCount; i += 1) {
    main.write(`${MODULES}/d${i % 50}/f${i}`, `${i}`);
  }
  main.write(`${MODULES}/.package-lock.json`, "{}");
  main.git("config", "gity.share", MODULES);
  main.git("config", "gity.shareAuto", "true");
  const home = await gityHome();
  try {
    await home.register(main.path);
  } catch (error) {
    await home[Symbol.asyncDispose]();
    main[Symbol.dispose]();
    throw error;
  }
  return {
    home,
    main,
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]();
      main[Symbol.dispose]();
    },
  };
}

async function isReady(home: GityHome, root: string): Promise<boolean> {
  const { exitCode, stdout } = await home.gity("health", "--json", root);
  return exitCode === 0 && stdout.includes('"state":"ready"');
}

/** Everything of it is there; and nothing is left aside. */
async function expectFilled(main: TempWorktree, added: TempWorktree): Promise<void> {
  await eventually(() => existsSync(added.join(MODULES)), { what: "node_modules" });
  // Its permissions come last.
  await eventually(() => {
    expect(wholeTree(added.join(MODULES))).toEqual(wholeTree(main.join(MODULES)));
    return true;
  });
  await eventually(() => !existsSync(`${main.gitDir}/gity/share-worktrees`));
}

/** Another one that is added later has been filled: the daemon has had its time for those before. */
async function expectLeft(main: TempWorktree, added: TempWorktree): Promise<void> {
  await expectFilled(main, main.addLinked("witness"));
  expect(existsSync(added.join(MODULES))).toBe(false);
}

/** Process ids of `gity share pull` for this root. */
function pullsOf(root: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return words.includes("pull") && words.includes(root) && isRunning(pid);
      } catch {
        return false;
      }
    });
}

/** A part of the mirror is there, and more is to come. */
async function begun(main: TempWorktree, added: TempWorktree): Promise<number> {
  const share = `${main.gitDir}/gity/share-worktrees`;
  return eventually(
    () => {
      const [pid] = pullsOf(added.path);
      const isBegun =
        existsSync(share) && readdirSync(share, { recursive: true, encoding: "utf8" }).length > 100;
      return isBegun ? pid : undefined;
    },
    { what: "a part of the mirror" },
  );
}

test("a worktree that is added has node_modules by itself, and git status is right", async () => {
  await using repository = await sharedRepository();
  const { main, home } = repository;
  const added = main.addLinked("added");
  await expectFilled(main, added);
  expectStatusMatchesOracle(added.path);
  await eventually(() => isReady(home, added.path));
  added.write(`${MODULES}/d0/f0`, "mine");
  added.write("a/f", "2");
  expectStatusMatchesOracle(added.path);
  expect(readFileSync(main.join(MODULES, "d0/f0"), "utf8")).toBe("0");
  expect(home.log()).toContain("info a new worktree got what is shared");
  expect(home.log()).toContain(`directories=${MODULES}`);
});

test("two worktrees that are added at once get it, one after the other", async () => {
  await using repository = await sharedRepository(500);
  const { main } = repository;
  const added = [main.addLinked("one"), main.addLinked("two")];
  for (const each of added) {
    // oxlint-disable-next-line no-await-in-loop
    await expectFilled(main, each);
  }
});

test("without gity.shareAuto nothing is mirrored, and with it not into worktrees that were there", async () => {
  await using repository = await sharedRepository();
  const { main, home } = repository;
  main.git("config", "--unset", "gity.shareAuto");
  const before = main.addLinked("before");
  await eventually(() => isReady(home, before.path));
  await home.gityIn({ directory: main.path }, "share", "add", "--auto");
  await expectLeft(main, before);

  // Neither at the next start of the daemon, nor when it is registered again.
  rmSync(main.join("../witness", MODULES), { recursive: true });
  await home.gity("daemon", "stop");
  const meanwhile = main.addLinked("meanwhile");
  for (const each of ["before", "meanwhile", "witness"]) {
    // By more than clocks of file systems are inexact.
    utimesSync(`${main.gitDir}/worktrees/${each}/commondir`, AN_HOUR_AGO, AN_HOUR_AGO);
  }
  await home.startDaemon();
  await eventually(() => isReady(home, meanwhile.path));
  await home.gity("unregister", main.path);
  await home.register(main.path);
  const added = main.addLinked("added");
  await expectFilled(main, added);
  for (const each of ["before", "meanwhile", "witness"]) {
    expect(existsSync(main.join("..", each, MODULES))).toBe(false);
  }
});

test("nothing is mirrored over what is there, and the log says so", async () => {
  await using repository = await sharedRepository();
  const { main, home } = repository;
  const root = join(dirname(main.path), "own");
  runGit(main.path, "worktree", "add", "--quiet", "--no-checkout", "-b", "own", root);
  mkdirSync(`${root}/${MODULES}`);
  writeFileSync(`${root}/${MODULES}/mine`, "1");
  runGit(root, "reset", "--quiet", "--hard");
  await eventually(() => home.log().includes("a new worktree did not get what is shared"));
  expect(home.log()).toContain("it is there already");
  expect(readdirSync(`${root}/${MODULES}`)).toEqual(["mine"]);
});

test("a worktree that is added without a checkout gets it after its first one", async () => {
  await using repository = await sharedRepository();
  const { main, home } = repository;
  const root = join(dirname(main.path), "empty");
  runGit(main.path, "worktree", "add", "--quiet", "--no-checkout", "-b", "empty", root);
  await eventually(() => isReady(home, root));
  await expectFilled(main, main.addLinked("witness"));
  expect(readdirSync(root)).toEqual([".git"]);
  runGit(root, "reset", "--quiet", "--hard");
  await eventually(() => existsSync(`${root}/${MODULES}/d0`), { deadlineMs: 20_000 });
  expectStatusMatchesOracle(root);
});

test("a repository that is not registered is left alone", async () => {
  await using repository = await sharedRepository();
  const { main, home } = repository;
  await home.gity("unregister", main.path);
  const added = main.addLinked("added");
  utimesSync(`${added.gitDir}/commondir`, AN_HOUR_AGO, AN_HOUR_AGO);
  await home.register(main.path);
  await expectLeft(main, added);
});

test("the daemon is killed in the middle: what it started comes to its end, or the next pull goes on", async () => {
  await using repository = await sharedRepository(3_000);
  const { main, home } = repository;
  const added = main.addLinked("added");
  const pid = await begun(main, added);
  await home.killDaemon("SIGKILL");
  process.kill(pid, "SIGKILL");
  await eventually(() => !isRunning(pid));
  expect(existsSync(added.join(MODULES))).toBe(false);
  await home.startDaemon();
  await eventually(() => isReady(home, added.path));
  await home.gityJson("share", "pull", added.path);
  await expectFilled(main, added);
});

test("the daemon ends in the middle: nothing of it goes on, and the next pull does", async () => {
  await using repository = await sharedRepository(3_000);
  const { main, home } = repository;
  const added = main.addLinked("added");
  const pid = await begun(main, added);
  await home.gity("daemon", "stop");
  expect(isRunning(pid)).toBe(false);
  expect(existsSync(added.join(MODULES))).toBe(false);
  await home.gityJson("share", "pull", added.path);
  await expectFilled(main, added);
});

test("a pull by hand beside the daemon's: both end well, and it is there once", async () => {
  await using repository = await sharedRepository(3_000);
  const { main, home } = repository;
  const added = main.addLinked("added");
  await begun(main, added);
  const report = await home.gityJson("share", "pull", added.path);
  expect(report).toMatchObject({ entries: [{ path: MODULES, outcome: "present" }] });
  await expectFilled(main, added);
});

test("a worktree that is removed in the middle leaves nothing, and nobody at work", async () => {
  await using repository = await sharedRepository(3_000);
  const { main, home } = repository;
  const added = main.addLinked("added");
  await begun(main, added);
  const removed = Bun.spawnSync(["git", "worktree", "remove", "--force", added.path], {
    cwd: main.path,
  });
  expect(removed.stderr.toString()).toBe("");
  await eventually(() => pullsOf(added.path).length === 0);
  await eventually(() => !existsSync(added.gitDir), { what: "the git directory to go" });
  expect(existsSync(added.path)).toBe(false);
  expect(gitText(main.path, "worktree", "list").split("\n")).toHaveLength(1);
  await expectFilled(main, main.addLinked("next"));
  expect(home.log()).not.toMatch(/cannot (fill|ask)/);
});

test("a worktree that is removed and made again at once gets it again", async () => {
  await using repository = await sharedRepository();
  const { main, home } = repository;
  const added = main.addLinked("added");
  await expectFilled(main, added);
  await eventually(() => isReady(home, added.path));
  const script = 'git worktree remove --force "$1" && git worktree add --quiet "$1" added';
  for (let round = 0; round < 3; round += 1) {
    Bun.spawnSync(["sh", "-c", script, "sh", added.path], { cwd: main.path });
    // oxlint-disable-next-line no-await-in-loop
    await expectFilled(main, added);
  }
  expectStatusMatchesOracle(added.path);
});
