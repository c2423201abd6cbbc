/** kill -9, and taking gity away again. */

import { expect, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";

import { watchedWorktree } from "../support/watched-worktree.ts";

test("kill -9 of the daemon: status is right, before and after the next start", async () => {
  await using watched = await watchedWorktree("killed", {
    generated: { files: 2_000, directories: 100 },
  });
  const { tree, home } = watched;
  await home.killDaemon("SIGKILL");
  appendFileSync(tree.join(tree.generatedPaths[7] ?? ""), "changed");
  watched.check();
  writeFileSync(tree.join("new"), "");
  watched.check();
  await home.startDaemon();
  watched.check();
  expect((await home.gity("register", tree.path)).exitCode).toBe(0);
  watched.check();
  appendFileSync(tree.join(tree.generatedPaths[8] ?? ""), "changed");
  watched.check();
  expect(await home.gityJson("health", tree.path)).toMatchObject({ state: "ready" });
});

test("kill -9 of the daemon costs git status less than 100 ms", async () => {
  await using watched = await watchedWorktree("killed", { files: { f: "1" } });
  const { tree, home } = watched;
  const medianMs = (...config: string[]): number => {
    const times: number[] = [];
    for (let i = 0; i < 9; i += 1) {
      const startMs = performance.now();
      tree.git(...config, "status");
      times.push(performance.now() - startMs);
    }
    return times.toSorted((a, b) => a - b)[4] ?? 0;
  };
  await home.killDaemon("SIGKILL");
  expect(medianMs()).toBeLessThan(medianMs("-c", "core.fsmonitor=false") + 100);
});

test("a listing nobody has looked at since is not trusted after an answer of everything", async () => {
  await using watched = await watchedWorktree("listings", { files: { "d/f": "1", g: "1" } });
  const { tree, home } = watched;
  await home.gity("daemon", "stop");
  await home.startDaemon();
  await home.gity("register", tree.path);
  // git add gets "/", does not look for untracked files, and stores the token of the answer.
  tree.write("d/untracked", "");
  tree.write("g", "2");
  tree.git("add", "g");
  watched.check();
  expect(watched.status()).toBe("M  g\n?? d/untracked");
});

test("unregister puts the configuration back, byte for byte, and leaves nothing (A4)", async () => {
  await using watched = await watchedWorktree("unregister", { files: { f: "1" } });
  const { tree, home } = watched;
  expect((await home.gity("unregister", tree.path)).exitCode).toBe(0);
  const config = readFileSync(`${tree.gitDir}/config`);
  expect((await home.gity("register", tree.path)).exitCode).toBe(0);
  expect(readFileSync(`${tree.gitDir}/config`).equals(config)).toBe(false);
  expect((await home.gity("unregister", tree.path)).exitCode).toBe(0);
  expect(readFileSync(`${tree.gitDir}/config`).equals(config)).toBe(true);
  expect(existsSync(`${tree.gitDir}/gity`)).toBe(false);
  expect(existsSync(`${tree.gitDir}/fsmonitor--daemon.ipc`)).toBe(false);
  watched.check();
});
