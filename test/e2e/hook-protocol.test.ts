/** CHECKLIST P1 to P4 and P9: the helper as git runs it. */

import { expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";

import { builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { askSocket } from "../support/git-ipc.ts";
import { medianMs } from "../support/median-ms.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { tryRunGit } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";
import { watchedWorktree } from "../support/watched-worktree.ts";

interface HelperResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the helper as git does. Standard output as latin1, so that every byte is seen. */
function runHelper(
  cwd: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): HelperResult {
  const child = Bun.spawnSync([builtHelper(), ...args], {
    cwd,
    env: { ...process.env, ...environment },
    stdin: "ignore",
  });
  return {
    exitCode: child.exitCode,
    stdout: child.stdout.toString("latin1"),
    stderr: child.stderr.toString(),
  };
}

function pathsSince(cwd: string, token: string): string[] {
  return runHelper(cwd, ["2", token]).stdout.split("\0").slice(1, -1);
}

/** "/" is right at any time, and what a helper says after 80 ms (base/limits.ts): then it is asked once more. */
/** "/" is right as well, where the daemon did not get to run in time. */
async function namedPathsSince(cwd: string, token: string): Promise<string[]> {
  return eventually(() => {
    const paths = pathsSince(cwd, token);
    return paths[0] !== "/" && paths;
  });
}

/** The first token has its listings in doubt, the second no longer. */
async function tokenNow(cwd: string): Promise<string> {
  return eventually(() => {
    const [first = ""] = runHelper(cwd, ["2", ""]).stdout.split("\0");
    const [token, path] = runHelper(cwd, ["2", first]).stdout.split("\0");
    return path !== "/" && token;
  });
}

test.each([
  ["an empty token", ""],
  ["a timestamp", "1795223288000000000"],
  ["git's fake token", "builtin:fake"],
  ["a token of git's own daemon", "builtin:0.30396.20261121T000622.557620Z:0"],
  ["a Watchman clock", "c:1795223288:4242:1:77"],
  ["a token of an earlier instance", "gity:0123456789abcdef:3"],
  ["a token from the future", "gity:ffffffffffffffff:999999999"],
])("P1 %s is answered with everything first", async (_, token) => {
  await using watched = await watchedWorktree("p1", { files: { f: "" } });
  const { exitCode, stdout, stderr } = runHelper(watched.tree.path, ["2", token]);
  expect(stdout).toMatch(/^gity:[0-9a-f]{16}:[0-9]+:l\0\/\0$/);
  expect([exitCode, stderr]).toEqual([0, ""]);
});

test("P2 a change of the root directory itself is never an empty path", async () => {
  await using watched = await watchedWorktree("p2", { files: { f: "" } });
  const token = await tokenNow(watched.tree.path);
  Bun.spawnSync(["touch", watched.tree.path]);
  Bun.spawnSync(["chmod", "700", watched.tree.path]);
  expect(pathsSince(watched.tree.path, token)).not.toContain("");
  watched.check();
});

test("P3 100,000 changed paths, far beyond 64 KiB, arrive whole", async () => {
  await using watched = await watchedWorktree("p3", { files: { f: "" } });
  const { tree } = watched;
  const token = await tokenNow(tree.path);
  const names: string[] = [];
  for (let i = 0; i < 100_000; i += 1) {
    const name = `${i % 100}/file-with-a-rather-long-name-${i}`;
    if (i < 100) {
      mkdirSync(tree.join(`${i}`));
    }
    writeFileSync(tree.join(name), "");
    names.push(name);
    if (i % 1000 === 0) {
      // Keeps what is queued in the kernel below its limit, as any question does.
      // oxlint-disable-next-line no-await-in-loop
      await namedPathsSince(tree.path, token);
    }
  }
  const paths = new Set(await namedPathsSince(tree.path, token));
  expect(names.filter((name) => !paths.has(name))).toEqual([]);
  const fromSocket = await eventually(async () => {
    const { paths: asked } = await askSocket(tree.gitDir, token);
    return asked[0] !== "/" && new Set(asked);
  });
  expect(names.filter((name) => !fromSocket.has(name))).toEqual([]);
  watched.check();
}, 120_000);

test("P3 names of 255 bytes, and a path of 4,095, the longest git can open", async () => {
  await using watched = await watchedWorktree("p3", { files: { f: "" } });
  const { tree } = watched;
  const folder = Array.from({ length: 15 }, () => "d".repeat(255)).join("/");
  const path = `${folder}/${"f".repeat(255)}`;
  expect(path.length).toBe(4095);
  const token = await tokenNow(tree.path);
  Bun.spawnSync(
    ["sh", "-c", 'mkdir -p "$1" && cd "$1" && : > "$2"', "sh", folder, "f".repeat(255)],
    {
      cwd: tree.path,
    },
  );
  expect(await namedPathsSince(tree.path, token)).toContain(path);
  expect((await askSocket(tree.gitDir, token)).paths).toContain(path);
  watched.check();
  tree.git("add", "--all");
  watched.check();
  Bun.spawnSync(["sh", "-c", 'cd "$1" && echo x > "$2"', "sh", folder, "f".repeat(255)], {
    cwd: tree.path,
  });
  watched.check();
});

/** Names as printf(1) spells them, and as bytes in latin1. */
const NAMES: readonly (readonly [string, string])[] = [
  ["not-\\377-utf8-\\300\\200", "not-\xff-utf8-\xc0\x80"],
  ["new\\nline", "new\nline"],
  ["tab\\tbed", "tab\tbed"],
  ['quo"te', 'quo"te'],
  ["back\\\\slash", "back\\slash"],
  [" leading blank", " leading blank"],
  ["trailing dot.", "trailing dot."],
  ["-x", "-x"],
  ["--help", "--help"],
  ["$(touch pwned)", "$(touch pwned)"],
  ["\\360\\237\\230\\200", "\xf0\x9f\x98\x80"],
  ["caf\\303\\251", "caf\xc3\xa9"],
  ["cafe\\314\\201", "cafe\xcc\x81"],
  ["\\001\\033[31m", "\x01\x1b[31m"],
];

test.each(NAMES)("P4 a file and a folder named %j", async (spelling, name) => {
  await using watched = await watchedWorktree("p4", { files: { f: "" } });
  const { tree } = watched;
  const token = await tokenNow(tree.path);
  const inFolder = (script: string): void => {
    const shell = `n=$(printf '%b.' '${spelling.replaceAll("'", "'\\''")}'); n=\${n%.}; ${script}`;
    expect(Bun.spawnSync(["bash", "-c", shell], { cwd: tree.path }).exitCode).toBe(0);
  };
  inFolder('mkdir -p -- "./d/$n" && echo 1 > "./d/$n/$n" && echo 1 > "./$n"');
  const paths = await namedPathsSince(tree.path, token);
  expect(paths).toContain(name);
  expect(paths).toContain(`d/${name}/${name}`);
  watched.check();
  tree.git("add", "--all");
  tree.git("commit", "--quiet", "--message=odd");
  watched.check();
  inFolder('echo 22 > "./d/$n/$n"');
  watched.check();
  inFolder('mv -- "./d/$n" ./moved && rm -- "./$n"');
  watched.check();
});

test("P9 version 1 is answered with everything, another version with an error", async () => {
  await using watched = await watchedWorktree("p9", { files: { f: "" } });
  const { tree } = watched;
  expect(runHelper(tree.path, ["1", "1795223288000000000"])).toEqual({
    exitCode: 0,
    stdout: "/\0",
    stderr: "",
  });
  expect(runHelper(tree.path, ["3", "x"])).toEqual({ exitCode: 1, stdout: "", stderr: "" });
  expect(runHelper(tree.path, []).exitCode).toBe(1);
});

test.each(["1", "2", undefined])(
  "P9 core.fsmonitorHookVersion %p: status is right",
  async (version) => {
    await using watched = await watchedWorktree("p9", { files: { f: "1", g: "1" } });
    const { tree } = watched;
    if (version === undefined) {
      tree.git("config", "--unset", "core.fsmonitorHookVersion");
    } else {
      tree.git("config", "core.fsmonitorHookVersion", version);
    }
    for (let i = 0; i < 3; i += 1) {
      watched.check();
      writeFileSync(tree.join("f"), `${i}`);
      watched.check();
    }
  },
);

test("P9 a daemon that is down costs little, and is never 'nothing changed'", async () => {
  await using watched = await watchedWorktree("p9", { files: { f: "1" } });
  const { tree, home } = watched;
  const token = await tokenNow(tree.path);
  await home.gity("daemon", "stop");
  writeFileSync(tree.join("f"), "2");
  const costMs = await medianMs(() => {
    expect(pathsSince(tree.path, token)).toEqual(["/"]);
  });
  expect(costMs).toBeLessThan(100);
  watched.check();
  expect(watched.status()).toBe(" M f");
});

test("P9 GIT_DIR, GIT_INDEX_FILE and GIT_WORK_TREE in the environment", async () => {
  await using watched = await watchedWorktree("p9", { files: { f: "1" } });
  const { tree } = watched;
  using other = tempDir("other-tree");
  writeFileSync(other.join("f"), "another tree's");
  // Another work tree with this repository: what gity watches says nothing about it.
  const elsewhere = { GIT_DIR: tree.gitDir, GIT_WORK_TREE: other.path };
  const status = (): string =>
    tryRunGit(other.path, ["status", "--short"], { environment: elsewhere }).stdout.toString();
  expect(status()).toBe(" M f\n");
  writeFileSync(other.join("f"), "1");
  expect(status()).toBe("");
  writeFileSync(other.join("f"), "changed once more");
  expect(status()).toBe(" M f\n");
  watched.check();
  const here = { GIT_DIR: tree.gitDir, GIT_WORK_TREE: tree.path };
  writeFileSync(tree.join("f"), "2");
  expect(tryRunGit(tree.path, ["status", "--short"], { environment: here }).stdout.toString()).toBe(
    " M f\n",
  );
  const index = { GIT_INDEX_FILE: `${tree.gitDir}/other-index` };
  tryRunGit(tree.path, ["read-tree", "HEAD"], { environment: index });
  expect(
    tryRunGit(tree.path, ["status", "--short"], { environment: index }).stdout.toString(),
  ).toBe(" M f\n");
  watched.check();
});

test("P9 a working directory that was deleted is a failure, never 'nothing changed'", () => {
  using dir = tempDir("deleted");
  mkdirSync(dir.join("gone"));
  const script = 'cd "$1" && rmdir "$1" && exec "$2" 2 token';
  const child = Bun.spawnSync(["sh", "-c", script, "sh", dir.join("gone"), builtHelper()], {
    env: process.env,
  });
  // The runtime does not start there; git takes the exit code for "look for yourself".
  expect(child.exitCode).not.toBe(0);
  expect(child.stdout.toString("latin1")).toBe("");
});

test("a repository nobody registered gets a right status from the helper", () => {
  using tree = tempWorktree("stranger", { files: { f: "1" } });
  tree.git("config", "core.fsmonitor", builtHelper());
  tree.git("config", "core.fsmonitorHookVersion", "2");
  for (let i = 0; i < 3; i += 1) {
    writeFileSync(tree.join("f"), `${i}`);
    expectStatusMatchesOracle(tree.path);
  }
  rmSync(tree.join("f"));
  expectStatusMatchesOracle(tree.path);
});
