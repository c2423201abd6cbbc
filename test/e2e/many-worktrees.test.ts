/**
 * CHECKLIST A3: five hundred worktrees, one daemon.
 *
 * Goal: all are answered within the inotify instances a user has by default (128, of which gity
 * takes 64), trouble in one is its own, and nothing stays behind. Method: five repositories of a
 * hundred worktrees each, because one registration for a hundred of them is fast.
 */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";

import { INOTIFY_INSTANCES_MAX } from "../../src/base/limits.ts";
import { homeLayout } from "../../src/base/home.ts";
import { clientOf } from "../../src/client/connect.ts";
import type { GityClient } from "../../src/client/gity-client.ts";
import type { ChangesReply } from "../../src/protocol/api.ts";
import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import {
  descriptorsOf,
  inotifyInstancesOf,
  inotifyWatchesOf,
  residentMegabytesOf,
} from "../support/process-facts.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

const REPOSITORIES = 5;
const WORKTREES_EACH = 100;
const WORKTREES = REPOSITORIES * WORKTREES_EACH;

/** A few of each repository, by numbers without a common factor with any of ours. */
const SAMPLE = Array.from({ length: 12 }, (_, i) => (i * 137 + 41) % WORKTREES);

/**
 * What `git worktree add` makes (gitrepository-layout(5), "worktrees/<id>/"), without the three
 * processes that each takes. The index is the main worktree's: its times do not match, and git
 * looks at the files once.
 */
function addWorktrees(tree: TempWorktree, count: number): string[] {
  const head = tree.git("rev-parse", "HEAD");
  const roots = Array.from({ length: count }, (_, i) =>
    i === 0 ? tree.path : join(tree.path, "..", `linked-${i}`),
  );
  for (const root of roots.slice(1)) {
    const gitDir = join(tree.gitDir, "worktrees", basename(root));
    mkdirSync(gitDir, { recursive: true });
    writeFileSync(join(gitDir, "HEAD"), head);
    writeFileSync(join(gitDir, "commondir"), "../..\n");
    writeFileSync(join(gitDir, "gitdir"), `${root}/.git\n`);
    copyFileSync(join(tree.gitDir, "index"), join(gitDir, "index"));
    cpSync(join(tree.path, "a"), join(root, "a"), { recursive: true });
    writeFileSync(join(root, ".git"), `gitdir: ${gitDir}\n`);
  }
  return roots;
}

function clientAt(home: GityHome): GityClient {
  return clientOf({ socket: homeLayout({ GITY_HOME: home.path })?.socket ?? "" });
}

async function allReady(client: GityClient): Promise<boolean> {
  const { repositories } = await client.list();
  const states = repositories.flatMap(({ worktrees }) => worktrees.map(({ state }) => state));
  return states.length === WORKTREES && states.every((state) => state === "ready");
}

/** Changes something in a worktree, between two looks at its status. */
function changeAndCheck(root: string, name: string): void {
  expectStatusMatchesOracle(root);
  writeFileSync(join(root, "a/deep", name), "");
  expectStatusMatchesOracle(root);
  appendFileSync(join(root, "a/f"), name);
  expectStatusMatchesOracle(root);
}

/** Asks every worktree what has changed since the token it was given, and for the next token. */
async function askAll(
  client: GityClient,
  roots: readonly string[],
  tokens: readonly string[],
): Promise<ChangesReply[]> {
  const replies: ChangesReply[] = [];
  for (const [i, root] of roots.entries()) {
    // One after the other, as they come from programs.
    // oxlint-disable-next-line no-await-in-loop
    replies.push(await client.changes(root, tokens[i]));
  }
  return replies;
}

test("A3 500 worktrees share 64 inotify instances, and an overflow is trouble for a few", async () => {
  using trees = new DisposableStack();
  const repositories = Array.from({ length: REPOSITORIES }, () =>
    trees.use(tempWorktree("many", { files: { "a/f": "1", "a/deep/f": "1" } })),
  );
  const roots = repositories.flatMap((tree) => addWorktrees(tree, WORKTREES_EACH));
  await using home = await gityHome();
  const client = clientAt(home);
  const pid = await home.startDaemon();
  const before = { descriptors: descriptorsOf(pid).length, megabytes: residentMegabytesOf(pid) };
  for (const { path } of repositories) {
    // oxlint-disable-next-line no-await-in-loop
    await client.register({ path });
  }
  await eventually(() => allReady(client), { deadlineMs: 60_000 });

  // One is for what lies beside the trees.
  expect(inotifyInstancesOf(pid)).toBeLessThanOrEqual(INOTIFY_INSTANCES_MAX + 1);
  // The root, two directories, the folder for cookies and the socket; of each repository its list of
  // worktrees.
  expect(inotifyWatchesOf(pid)).toBe(5 * WORKTREES + REPOSITORIES);
  // Each has a socket and a log. Threads that have just ended may still hold a few.
  const descriptorsMax = before.descriptors + 2 * WORKTREES + INOTIFY_INSTANCES_MAX + 8;
  await eventually(() => descriptorsOf(pid).length <= descriptorsMax);
  // 100 MB on two cores; 550 MB when every worktree had a walker at once.
  expect(residentMegabytesOf(pid)).toBeLessThan(before.megabytes + 150);
  for (const index of SAMPLE) {
    changeAndCheck(roots[index] ?? "", "probe");
  }

  const tokens = (await askAll(client, roots, [])).map(({ token }) => token);
  const victim = 250;
  process.kill(pid, "SIGSTOP");
  overflowQueue(join(roots[victim] ?? "", "a"));
  process.kill(pid, "SIGCONT");
  await askAll(client, roots, tokens);
  await eventually(() => allReady(client));
  const healths: { readonly resyncs: number }[] = [];
  for (const path of roots) {
    // oxlint-disable-next-line no-await-in-loop
    healths.push(await client.health(path));
  }
  expect(healths[victim]?.resyncs).toBe(1);
  const lost = healths.filter(({ resyncs }) => resyncs > 0);
  expect(lost.length).toBeLessThanOrEqual(Math.ceil(WORKTREES / inotifyInstancesOf(pid)) + 1);
  expectStatusMatchesOracle(roots[victim] ?? "");

  for (const { path } of repositories) {
    // oxlint-disable-next-line no-await-in-loop
    await client.unregister(path);
  }
  expect(inotifyWatchesOf(pid)).toBe(0);
  expect(inotifyInstancesOf(pid)).toBe(1);
  await eventually(() => descriptorsOf(pid).length <= before.descriptors + 2);
}, 120_000);

/** More events than the kernel keeps for one instance: making and writing a file are three, and a
 *  process that is told to stop may still read a few. */
function overflowQueue(directory: string): void {
  const limit = Number(readFileSync("/proc/sys/fs/inotify/max_queued_events", "latin1"));
  for (let i = 0; i <= limit / 2; i += 1) {
    writeFileSync(join(directory, `overflow-${i}`), "x");
  }
}
