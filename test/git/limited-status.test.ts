/** git within a limit: what it prints, and that nothing is left of it. */

import { chmodSync, existsSync, readFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { type LimitedStatus, readStatus } from "../../src/git/limited-status.ts";
import { eventually } from "../support/eventually.ts";
import { isRunning } from "../support/gity-home.ts";
import { inPlace } from "../support/in-place.ts";
import { otherGit } from "../support/other-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

const NEVER = new AbortController().signal;

async function readIn(folder: string, limit: AbortSignal, path?: string): Promise<LimitedStatus> {
  const environment = path === undefined ? {} : { PATH: path };
  return inPlace(folder, environment, async () => readStatus(["--porcelain"], limit));
}

test("readStatus() has what git prints, and leaves the index as it is", async () => {
  using tree = tempWorktree("limited", { files: { a: "1\n" } });
  tree.write("b", "");
  const before = readFileSync(`${tree.gitDir}/index`);

  const status = await readIn(tree.path, NEVER);

  expect(status.kind === "printed" && Buffer.from(status.stdout).toString()).toBe("?? b\n");
  expect(readFileSync(`${tree.gitDir}/index`)).toEqual(before);
});

test("readStatus() tells when git says no, and when there is none", async () => {
  using folder = tempDir("limited");

  expect(await readIn(folder.path, NEVER)).toEqual({ kind: "refused" });
  expect(await readIn(folder.path, NEVER, folder.path)).toEqual({ kind: "no-git" });
  using broken = otherGit("exit 3");
  expect(await readIn(folder.path, NEVER, broken.path)).toEqual({ kind: "refused" });
  chmodSync(broken.join("git"), 0o644);
  expect(await readIn(folder.path, NEVER, broken.path)).toEqual({ kind: "no-git" });
});

test("readStatus() ends git and all that it has started when the time is up", async () => {
  using folder = otherGit('sleep 1000 & echo $! >"$0.child"; trap "" TERM INT HUP; wait');
  const limit = new AbortController();
  const reading = readIn(folder.path, limit.signal, folder.searchPath);
  const child = folder.join("git.child");
  await eventually(() => existsSync(child) && readFileSync(child, "utf8").endsWith("\n"));

  limit.abort();

  expect(await reading).toEqual({ kind: "late" });
  const pid = Number(readFileSync(child, "utf8"));
  await eventually(() => !isRunning(pid));
});

test("readStatus() starts nothing once the time is up", async () => {
  using folder = otherGit('touch "$0.ran"');

  expect(await readIn(folder.path, AbortSignal.abort(), folder.path)).toEqual({ kind: "late" });
  expect(existsSync(folder.join("git.ran"))).toBe(false);
});
