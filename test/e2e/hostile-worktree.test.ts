/** CHECKLIST X1: a worktree that would like to run code. */

import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";

import { builtHelper } from "../support/built.ts";
import { watchedWorktree } from "../support/watched-worktree.ts";

const EVIL = 'await Bun.write(`${import.meta.dir}/PWNED`, ""); console.log("evil");';

const HOSTILE = {
  "bunfig.toml": 'preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n',
  ".env": "GITY_HOME=/nowhere\nBUN_OPTIONS=--preload=./evil.ts\nPWNED=1\n",
  ".env.local": "GITY_HOME=/nowhere\n",
  "package.json": '{"name":"evil","main":"evil.ts","imports":{"#x":"./evil.ts"}}',
  "tsconfig.json": '{"compilerOptions":{"paths":{"*":["./evil.ts"]}},"extends":"./evil.json"}',
  "evil.ts": EVIL,
  "node_modules/citty/index.js": EVIL,
  "src/monitor/main.ts": EVIL,
  "monitor/main.js": EVIL,
  "watch/walker-main.js": EVIL,
};

test("X1 a hostile worktree changes nothing in helper, daemon and command line", async () => {
  await using watched = await watchedWorktree("hostile", { files: HOSTILE });
  const { tree, home } = watched;
  const child = Bun.spawnSync([builtHelper(), "2", ""], { cwd: tree.path, env: process.env });
  expect(child.stdout.toString("latin1")).toMatch(/^gity:[0-9a-f]{16}:[0-9]+:l\0\/\0$/);
  expect(child.stderr.toString()).toBe("");
  writeFileSync(tree.join("evil.ts"), `${EVIL}\n// changed`);
  watched.check();
  const here = { directory: tree.path };
  for (const args of [["health"], ["list"], ["changed"], ["daemon", "status"], ["version"]]) {
    // oxlint-disable-next-line no-await-in-loop
    const result = await home.gityIn(here, ...args);
    expect([args, result.exitCode, result.stdout.includes("evil")]).toEqual([args, 0, false]);
  }
  // A daemon that is started from inside the worktree.
  await home.gity("daemon", "stop");
  expect((await home.gityIn(here, "daemon", "start")).exitCode).toBe(0);
  expect((await home.gityIn(here, "register", ".")).exitCode).toBe(0);
  watched.check();
  expect(existsSync(tree.join("PWNED"))).toBe(false);
});
