/** What the doctor finds. */

import { rmSync } from "node:fs";

import { expect, test } from "bun:test";

import { examine } from "../../src/daemon/doctor.ts";
import type { Finding } from "../../src/protocol/doctor.ts";
import { rejection } from "../support/rejection.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";
import { type DaemonFixture, daemonFixture } from "./daemon-fixture.ts";

async function findingsOf(fixture: DaemonFixture, path?: string): Promise<readonly Finding[]> {
  return (await examine(fixture.fleet, { path, searchPath: undefined })).findings;
}

test("examine() says which git there is, which way was chosen, and how a worktree is", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("doctor");
  using other = tempWorktree("doctor");
  await fixture.fleet.register({ path: tree.path, via: "hook" });
  await fixture.fleet.register({ path: other.path, via: "hook" });

  const reply = await examine(fixture.fleet, { path: tree.path, searchPath: undefined });
  expect(reply.gits.length).toBeGreaterThan(0);
  const texts = reply.findings.map(({ message }) => message);
  expect(texts).toContain(`git asks by hook in '${tree.gitDir}': it was asked for with --via hook`);
  expect(texts).toContain(`'${tree.path}' is ready`);
  expect(texts.some((text) => text.includes(other.path))).toBe(false);
  expect((await findingsOf(fixture)).map(({ message }) => message)).toContain(
    `'${other.path}' is ready`,
  );
});

test("examine() reports a worktree that is not covered", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("doctor");
  await fixture.fleet.register({ path: tree.path });
  fixture.monitor.health_ = { state: "degraded", reason: "limit", cure: "raise it" };
  await fixture.fleet.health(tree.path);

  const findings = await findingsOf(fixture, tree.path);
  expect(findings).toContainEqual({
    id: "worktree",
    severity: "error",
    message: `'${tree.path}' is degraded: limit`,
    cure: "raise it",
    fixable: false,
    subject: tree.path,
  });
});

test("examine() names a limit, a file system and a worktree that is gone by their own names", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("doctor");
  await fixture.fleet.register({ path: tree.path });
  for (const [code, id] of [
    ["WATCH_LIMIT_REACHED", "watch-limit"],
    ["UNSUPPORTED_FILE_SYSTEM", "file-system"],
    ["WORKTREE_GONE", "repository"],
  ] as const) {
    fixture.monitor.health_ = { state: "degraded", reason: "x", cure: null, code };
    // oxlint-disable-next-line no-await-in-loop
    expect(await findingsOf(fixture, tree.path)).toContainEqual(
      expect.objectContaining({ id, severity: "error", subject: tree.path }),
    );
  }
});

test("examine() of what is not registered finds no repository, and of no repository fails", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("doctor");
  using folder = tempDir("plain");
  const question = { path: tree.path, searchPath: undefined };
  expect((await examine(fixture.fleet, question)).repositories).toEqual([]);
  expect(await rejection(findingsOf(fixture, folder.path))).toMatchObject({
    code: "NOT_A_REPOSITORY",
  });
});

test("examine() says that there is no helper", async () => {
  using fixture = daemonFixture();
  rmSync(fixture.helper);

  const { helper, findings } = await examine(fixture.fleet, {
    path: undefined,
    searchPath: undefined,
  });

  expect(helper).toBe(null);
  expect(findings).toContainEqual(
    expect.objectContaining({
      id: "helper",
      severity: "warning",
      message: `the daemon has no helper: cannot run '${fixture.helper}': it is missing`,
    }),
  );
});
