/** The git commands of others, as real processes. */

import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { processCountOf, userCommandsIn, type UserCommand } from "../../src/git/user-commands.ts";
import { eventually } from "../support/eventually.ts";
import { GIT } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

/** No session has it. */
const NO_SESSION = -1;

interface Others extends Disposable {
  /** Started as by somebody at a terminal: in a session of its own, and not by this process. */
  start(folder: string, ...command: readonly string[]): Promise<void>;
}

function others(): Others {
  const notes = tempDir("commands-sessions");
  const leaders: number[] = [];
  let count = 0;
  return {
    start: async (folder, ...command) => {
      count += 1;
      const note = notes.join(String(count));
      const script = 'echo $$ >"$1"; shift; "$@" & wait';
      Bun.spawnSync(["setsid", "--fork", "sh", "-c", script, "sh", note, ...command], {
        cwd: folder,
        stdio: ["ignore", "ignore", "ignore"],
      });
      leaders.push(
        await eventually(
          () => Number(/^(\d+)\n/.exec(readFileSync(note, "latin1"))?.[1] ?? 0) || undefined,
        ),
      );
    },
    [Symbol.dispose]: () => {
      for (const leader of leaders) {
        process.kill(-leader, "SIGKILL");
      }
      notes[Symbol.dispose]();
    },
  };
}

/** Programs that only wait, under these names; in `bin`. */
function fakePrograms(tree: TempWorktree, ...names: readonly string[]): void {
  mkdirSync(tree.join("bin"));
  Bun.spawnSync(["mkfifo", tree.join("pipe")]);
  for (const name of names) {
    copyFileSync(Bun.which("cat") ?? "", tree.join("bin", name));
    chmodSync(tree.join("bin", name), 0o755);
  }
}

/** Reads from a pipe that it holds open itself. */
function fake(name: string): readonly string[] {
  return ["sh", "-c", `exec bin/${name} - <>pipe`];
}

/** A git that runs until it is ended: an alias that waits below it. */
function waiting(...words: readonly string[]): readonly string[] {
  return [GIT, "-c", "alias.wait=!exec tail -f /dev/null", ...words];
}

/** A remote that says nothing. */
function silentRemote(tree: TempWorktree): string {
  writeFileSync(tree.join("silent.sh"), "exec tail -f /dev/null");
  tree.git("config", "protocol.ext.allow", "always");
  return `ext::sh ${tree.join("silent.sh")}`;
}

/** Between fork(2) and execve(2) a child looks like its parent: it may be seen for a moment. */
async function onlyCommands(
  folder: string,
  expected: readonly (readonly [name: string, isLocking: boolean])[],
  wanted = /./,
): Promise<void> {
  const look = () =>
    userCommandsIn([folder], NO_SESSION)
      .map(({ name, isLocking }) => [name, isLocking] as const)
      .filter(([name]) => wanted.test(name))
      .toSorted(([a], [b]) => a.localeCompare(b));
  await eventually(() => Bun.deepEquals(look(), expected), { what: JSON.stringify(expected) });
}

function findCommand(folder: string, wanted: string): Promise<UserCommand> {
  return eventually(() => userCommandsIn([folder], NO_SESSION).find(({ name }) => name === wanted));
}

test("userCommandsIn() sees nobody where nobody is", () => {
  using tree = tempWorktree("commands");

  expect(userCommandsIn([tree.path, tree.gitDir], NO_SESSION)).toEqual([]);
});

test("userCommandsIn() sees a fetch that waits for its server, wherever it was started", async () => {
  using tree = tempWorktree("commands", { directories: ["folder"] });
  using elsewhere = tempDir("commands");
  using at = others();
  await at.start(elsewhere.path, GIT, "-C", tree.join("folder"), "fetch", silentRemote(tree));

  const fetch = await findCommand(tree.path, "fetch");

  expect(fetch).toEqual({ pid: expect.any(Number), name: "fetch", isLocking: true });
  expect(userCommandsIn([elsewhere.path, `${tree.path}/fol`], NO_SESSION)).toEqual([]);
  expect(userCommandsIn(["/"], NO_SESSION)).toContainEqual(fetch);
});

test("userCommandsIn() names a command behind git's own options", async () => {
  using tree = tempWorktree("commands");
  using at = others();
  await at.start(
    tree.path,
    ...waiting("--no-pager", "--git-dir", tree.gitDir, "--work-tree", ".", "wait"),
  );

  expect(await findCommand(tree.path, "wait")).toMatchObject({ isLocking: false });
});

test("userCommandsIn() does not know the name of what hides it, and sees it all the same", async () => {
  using tree = tempWorktree("commands");
  using at = others();
  fakePrograms(tree, "git");
  await at.start(tree.path, ...fake("git"));

  expect(await findCommand(tree.path, "")).toMatchObject({ isLocking: false });
});

test("userCommandsIn() knows programs that have git's name in front of their own", async () => {
  using tree = tempWorktree("commands");
  using at = others();
  const names = ["git-credential-cache--daemon", "git-repack", "git-remote-https"];
  fakePrograms(tree, ...names);
  await Promise.all(names.map((name) => at.start(tree.path, ...fake(name))));
  await findCommand(tree.path, "repack");
  await findCommand(tree.path, "remote-https");

  await onlyCommands(tree.path, [
    ["remote-https", false],
    ["repack", true],
  ]);
});

test("userCommandsIn() leaves out what stands by for others, and programs of other names", async () => {
  using tree = tempWorktree("commands");
  using at = others();
  const names = ["gity", "gitk", "gity-helper"];
  fakePrograms(tree, ...names);
  await Promise.all(names.map((name) => at.start(tree.path, ...fake(name))));
  await at.start(tree.path, "sh", "-c", "exec git cat-file --batch <>pipe");
  await at.start(tree.path, ...waiting("wait"));
  await findCommand(tree.path, "wait");

  await onlyCommands(tree.path, [["wait", false]]);
});

test("userCommandsIn() leaves out this process' children, all they have started, and a session", async () => {
  using tree = tempWorktree("commands");
  using at = others();
  const remote = silentRemote(tree);
  const own = Bun.spawn([GIT, "pull", remote], {
    cwd: tree.path,
    stdio: ["ignore", "ignore", "ignore"],
    detached: true,
  });
  await at.start(tree.path, GIT, "fetch", remote);
  const { pid } = await findCommand(tree.path, "fetch");
  const children = `/proc/${own.pid}/task/${own.pid}/children`;
  await eventually(() => readFileSync(children, "latin1") !== "");

  // proc(5), `stat`: the fourth field behind the name.
  const [, stat = ""] = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ");
  const session = Number(stat.split(" ")[3]);
  expect(userCommandsIn([tree.path], session)).toEqual([]);
  await onlyCommands(tree.path, [["fetch", true]], /^fetch$/);
  process.kill(-own.pid, "SIGKILL");
  await own.exited;
});

test("processCountOf() counts who leads a session, and all who are in it", async () => {
  using leader = leaderOfThree();
  await eventually(() => processCountOf(new Set([leader.pid])) === 3);
  expect(processCountOf(new Set([NO_SESSION]))).toBe(0);
  expect(processCountOf(new Set())).toBe(0);
});

function leaderOfThree(): { readonly pid: number } & Disposable {
  const program = "tail -f /dev/null & tail -f /dev/null & wait";
  const { pid } = Bun.spawn(["sh", "-c", program], { detached: true });
  return {
    pid,
    [Symbol.dispose]: () => {
      process.kill(-pid, "SIGKILL");
    },
  };
}
