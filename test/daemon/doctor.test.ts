/** What the doctor finds. */

import { expect, test } from "bun:test";

import { examine } from "../../src/daemon/doctor.ts";
import type { Finding } from "../../src/protocol/api.ts";
import { rejection } from "../support/rejection.ts";
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
  const texts = reply.findings.map(({ text }) => text);
  expect(texts).toContain(`git asks by hook in '${tree.gitDir}': it was asked for with --via hook`);
  expect(texts).toContain(`'${tree.path}' is ready`);
  expect(texts.some((text) => text.includes(other.path))).toBe(false);
  expect((await findingsOf(fixture)).map(({ text }) => text)).toContain(`'${other.path}' is ready`);
});

test("examine() reports what keeps git from asking, and a worktree that is not covered", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("doctor");
  await fixture.fleet.register({ path: tree.path });
  fixture.monitor.health_ = { state: "degraded", reason: "limit", cure: "raise it" };
  await fixture.fleet.health(tree.path);
  tree.git("config", "core.fsmonitor", "false");

  const findings = await findingsOf(fixture, tree.path);
  expect(findings).toContainEqual({
    level: "error",
    text: `'${tree.path}' is degraded: limit`,
    cure: "raise it",
  });
  expect(
    findings.some(
      ({ level, text }) => level === "warning" && text.includes("core.fsmonitor is 'false'"),
    ),
  ).toBe(true);
});

test("examine() of what is not registered says so", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("doctor");
  expect(await rejection(findingsOf(fixture, tree.path))).toMatchObject({
    code: "NOT_REGISTERED",
  });
});
