/** X4: symbolic links at every place where gity writes, in a git directory and in gity's home. */

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { expect, test } from "bun:test";

import { type GityHome, gityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { runGit } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

/** What a link leads to: a file of the user's, a folder of his with something in it, or nothing yet. */
const TARGETS = ["file", "folder", "nothing"] as const;

type Target = (typeof TARGETS)[number];

interface Elsewhere extends Disposable {
  plant(link: string, target: Target): void;
  /** Nothing was made, changed or removed, nor was any mode. */
  isUntouched(): void;
}

function elsewhere(): Elsewhere {
  const folder = tempDir("elsewhere");
  writeFileSync(folder.join("file"), "mine", { mode: 0o644 });
  mkdirSync(folder.join("folder/below"), { recursive: true, mode: 0o755 });
  writeFileSync(folder.join("folder/below/file"), "mine", { mode: 0o644 });
  const picture = (): string[] =>
    readdirSync(folder.path, { recursive: true, encoding: "utf8" })
      .map((name) => {
        const path = folder.join(name);
        const stat = lstatSync(path);
        const content = stat.isFile() ? readFileSync(path, "utf8") : "";
        return `${name} ${stat.mode.toString(8)} ${content}`;
      })
      .toSorted();
  const before = picture();
  return {
    plant: (link, target) => {
      rmSync(link, { recursive: true, force: true });
      mkdirSync(dirname(link), { recursive: true, mode: 0o700 });
      symlinkSync(folder.join(target), link);
    },
    isUntouched: () => {
      expect(picture()).toEqual(before);
    },
    [Symbol.dispose]: () => {
      folder[Symbol.dispose]();
    },
  };
}

/** The daemon may refuse to start; it must not write elsewhere. */
async function useGity(home: GityHome, path: string): Promise<void> {
  await home.gity("register", path);
  await home.daemonPid();
  writeFileSync(join(path, "new"), "");
  expectStatusMatchesOracle(path);
  rmSync(join(path, "new"));
  expectStatusMatchesOracle(path);
  for (const words of [
    ["changed", path],
    ["logs", "--all"],
    ["doctor", path],
    ["db", "compact"],
    ["daemon", "restart"],
    ["unregister", path],
    ["daemon", "stop"],
  ]) {
    // oxlint-disable-next-line no-await-in-loop
    await home.gity(...words);
  }
}

const IN_GIT_DIRECTORY = [
  "gity",
  "gity/log",
  "gity/log.new",
  "gity/cookies",
  "fsmonitor--daemon.ipc",
  "fsmonitor--daemon.ipc.lock",
  "config.lock",
] as const;

test.each(IN_GIT_DIRECTORY.flatMap((name) => TARGETS.map((target) => [name, target] as const)))(
  "X4 a link at .git/%s to %s is not followed",
  async (name, target) => {
    await using home = await gityHome();
    using tree = tempWorktree("planted", { files: { f: "1" } });
    using other = elsewhere();
    const config = readFileSync(join(tree.gitDir, "config"), "utf8");
    other.plant(join(tree.gitDir, name), target);
    await useGity(home, tree.path);
    other.isUntouched();
    expect(readFileSync(join(tree.gitDir, "config"), "utf8")).toBe(config);
    // And while it is served.
    rmSync(join(tree.gitDir, name), { recursive: true, force: true });
    await home.register(tree.path);
    expectStatusMatchesOracle(tree.path);
    other.plant(join(tree.gitDir, name), target);
    await useGity(home, tree.path);
    other.isUntouched();
  },
  60_000,
);

const IN_HOME = [
  "logs",
  "logs/daemon.log",
  "data",
  "data/gity.db",
  "data/gity.db-wal",
  "data/gity.db-shm",
  "data/gity.db-journal",
  "data/api-token",
  "run",
  "run/adopted",
  "run/daemon.json",
  "run/daemon.json.new",
  "run/daemon.lock",
  "run/daemon.lock-journal",
  "run/gity.sock",
  "run/stopped",
  "run/last-start",
  "bin",
] as const;

test.each(IN_HOME.flatMap((name) => TARGETS.map((target) => [name, target] as const)))(
  "X4 a link at gity's %s to %s is not followed",
  async (name, target) => {
    await using home = await gityHome();
    using tree = tempWorktree("planted-home", { files: { f: "1" } });
    using other = elsewhere();
    const path = join(home.path, name);
    other.plant(path, target);
    const environment = { GITY_DAEMON_ADDR: "tcp://127.0.0.1:0" };
    const started = await home.gityIn({ environment }, "daemon", "start");
    await home.daemonPid();
    await useGity(home, tree.path);
    other.isUntouched();
    if (started.exitCode !== 0) {
      // It says what is wrong, and works when that is gone.
      expect(started.stderr).toContain(join(home.path, name.replace(/-\w+$/, "")));
      rmSync(path);
      await home.register(tree.path);
      expectStatusMatchesOracle(tree.path);
    }
    other.isUntouched();
  },
  60_000,
);

test("X4 what a link leads to is not swept away with gity's home, nor with a worktree", async () => {
  const home = await gityHome();
  using tree = tempWorktree("planted-sweep", { files: { f: "1" } });
  using other = elsewhere();
  {
    await using _ = home;
    await home.register(tree.path);
    expectStatusMatchesOracle(tree.path);
    other.plant(join(tree.gitDir, "gity/cookies/0123"), "folder");
    other.plant(join(home.path, "run/adopted/1-2-3-4"), "folder");
    await home.gity("daemon", "restart");
    await home.daemonPid();
    runGit(tree.path, "status");
    other.plant(join(home.path, "run/adopted/1-2-3-4"), "folder");
    // A link in there is nothing of gity's: it refuses.
    expect((await home.gity("uninstall", "--yes")).exitCode).not.toBe(0);
    other.isUntouched();
    expect(existsSync(join(tree.gitDir, "gity/cookies/0123"))).toBe(false);
  }
  other.isUntouched();
});
