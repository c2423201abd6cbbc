/** What a token of before is worth after a restart. */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import { builtHelper } from "../support/built.ts";
import { actOnDaemon } from "../support/daemon-sync.ts";
import { eventually } from "../support/eventually.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { watchedWorktree, type WatchedWorktree } from "../support/watched-worktree.ts";

const ENDINGS = ["kill", "stop"] as const;

/** Ends the daemon, lets `meanwhile` happen, and starts it again. */
function whileDown(
  { tree, home }: WatchedWorktree,
  ending: (typeof ENDINGS)[number],
  meanwhile: () => void,
): void {
  actOnDaemon(home, tree.path, ending);
  meanwhile();
  actOnDaemon(home, tree.path, "start-and-wait");
}

test.each(ENDINGS)(
  "S1 after a restart (%s) an old token is answered with what changed",
  async (ending) => {
    await using watched = await watchedWorktree("catch-up", {
      generated: { files: 300, directories: 30 },
      files: { "a/f": "1", "a/g": "1", "z/f": "1" },
    });
    const { tree } = watched;
    const { token } = await watched.changedSince("");
    appendFileSync(tree.join("a/g"), "before");
    watched.check();
    whileDown(watched, ending, () => {
      appendFileSync(tree.join("a/f"), "down");
      rmSync(tree.join("z"), { recursive: true });
      mkdirSync(tree.join("u/v"), { recursive: true });
      writeFileSync(tree.join("u/v/w"), "");
    });
    watched.check();
    await eventually(() => watched.isAnswered());
    const changes = await watched.changedSince(token);
    expect(changes.kind).toBe("changed");
    expect(changes.paths).toEqual(expect.arrayContaining(["a/f", "a/g", "z/", "u/"]));
    appendFileSync(tree.join("a/f"), "after");
    watched.check();
  },
);

test.each(ENDINGS)(
  "S1 an edit that shows in no size and no time is found after a restart (%s)",
  async (ending) => {
    await using watched = await watchedWorktree("same-size", {
      files: { f: "1234", "d/g": "1234" },
    });
    const { tree } = watched;
    const { atime, mtime } = statSync(tree.join("f"));
    whileDown(watched, ending, () => {
      writeFileSync(tree.join("f"), "9876");
      utimesSync(tree.join("f"), atime, mtime);
      chmodSync(tree.join("d/g"), 0o755);
    });
    watched.check();
    expect(watched.status()).toContain("f");
  },
);

// Goal: [U2] a file that came and went while nobody watched is not believed in.
// Method: the hook lets git have its answer, and before git goes on the daemon is gone and the file is
// there; git puts it into the index, as valid, with the token of before.
test("S1 a file that git saw and nobody else is missed after a restart", async () => {
  await using watched = await watchedWorktree("unseen", { files: { f: "1", "d/f": "1" } });
  const { tree, home } = watched;
  const pid = await home.daemonPid();
  const hook = `${tree.path}/../hook`;
  const script = `#!/bin/sh
    ${builtHelper()} "$@" > "$0.answer"
    kill -9 ${pid}
    while kill -0 ${pid} 2>/dev/null; do :; done
    mkdir -p d/new && echo 1 > d/seen && echo 1 > d/new/seen
    cat "$0.answer"
  `;
  writeFileSync(hook, script, { mode: 0o755 });
  tree.git("-c", `core.fsmonitor=${hook}`, "add", "--all");
  expect(tree.git("ls-files", "d").toString()).toBe("d/f\nd/new/seen\nd/seen\n");
  unlinkSync(tree.join("d/seen"));
  rmSync(tree.join("d/new"), { recursive: true });
  actOnDaemon(home, tree.path, "start-and-wait");
  expect(watched.status()).toBe("AD d/new/seen\nAD d/seen");
  watched.check();
});

test("S4 worktrees that came, went and moved while the daemon was down", async () => {
  await using watched = await watchedWorktree("worktrees", { files: { f: "1" } });
  const { tree, home } = watched;
  const at = (name: string): string => `${tree.path}/../${name}`;
  tree.git("worktree", "add", "--quiet", at("one"));
  tree.git("worktree", "add", "--quiet", at("two"));
  await eventually(async () => (await worktreesOf(watched)).length === 3);
  whileDown(watched, "kill", () => {
    tree.git("worktree", "remove", at("one"));
    tree.git("worktree", "move", at("two"), at("moved"));
    tree.git("worktree", "add", "--quiet", at("three"));
    writeFileSync(`${at("moved")}/new`, "");
  });
  const names = (await worktreesOf(watched)).map((root) => root.split("/").at(-1));
  expect(names).toContain("moved");
  expect(names).toContain("three");
  expect(names).toHaveLength(3);
  for (const name of ["moved", "three"]) {
    expectStatusMatchesOracle(at(name));
    appendFileSync(`${at(name)}/f`, "more");
    expectStatusMatchesOracle(at(name));
  }
  expect(await home.gityJson("health", at("three"))).toMatchObject({ state: "ready" });
});

async function worktreesOf({ home }: WatchedWorktree): Promise<string[]> {
  const { repositories } = await home.gityJson("list");
  const [repository] = repositories as readonly {
    readonly worktrees: readonly { root: string }[];
  }[];
  return repository?.worktrees.map(({ root }) => root) ?? [];
}

test("S2 a worktree in another place is not the one that was known", async () => {
  await using watched = await watchedWorktree("replaced", { files: { f: "1", g: "1" } });
  const { tree } = watched;
  const { token } = await watched.changedSince("");
  whileDown(watched, "kill", () => {
    renameSync(tree.path, `${tree.path}.before`);
    Bun.spawnSync(["cp", "-a", `${tree.path}.before`, tree.path]);
    appendFileSync(tree.join("f"), "in the copy");
  });
  watched.check();
  expect((await watched.changedSince(token)).kind).toBe("unknown");
  rmSync(`${tree.path}.before`, { recursive: true });
});

test("E9 S1 five restarts in a row, with changes between all of them", async () => {
  await using watched = await watchedWorktree("restarts", {
    generated: { files: 200, directories: 20 },
  });
  const { tree } = watched;
  const { token } = await watched.changedSince("");
  const changed: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    const [up = "", down = ""] = tree.generatedPaths.slice(10 * i, 10 * i + 2);
    appendFileSync(tree.join(up), "up");
    if (i % 2 === 0) {
      watched.check();
    }
    whileDown(watched, i % 3 === 0 ? "stop" : "kill", () => {
      appendFileSync(tree.join(down), "down");
    });
    changed.push(up, down);
    watched.check();
    const { kind, paths } = await watched.changedSince(token);
    expect([kind, paths]).toEqual(["changed", expect.arrayContaining(changed)]);
  }
}, 60_000);

test("a snapshot is made anew when enough has changed, and reports less from then on", async () => {
  await using watched = await watchedWorktree("snapshot", {
    generated: { files: 1_500, directories: 30 },
  });
  const { tree, home } = watched;
  const snapshots = (): number => home.log().split(" info saved the state of the tree ").length - 1;
  // The first one is of files that had just been made.
  await eventually(() => snapshots() >= 2, { deadlineMs: 20_000 });
  const { token } = await watched.changedSince("");
  const before = snapshots();
  for (const path of tree.generatedPaths.slice(0, 800)) {
    appendFileSync(tree.join(path), "more");
  }
  watched.check();
  await eventually(() => snapshots() > before, { deadlineMs: 20_000 });
  whileDown(watched, "kill", () => {});
  watched.check();
  const { paths } = await watched.changedSince(token);
  expect(paths.length).toBeGreaterThanOrEqual(800);
}, 90_000);
