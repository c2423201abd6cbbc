import { expect, test } from "bun:test";
import { rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";

import { type Freshness, freshnessOf } from "../../../src/cli/ready-status/freshness.ts";
import type { ReadyStatus } from "../../../src/protocol/ready-status.ts";
import { STATUS_QUESTION } from "../../../src/protocol/token.ts";
import { dependencyOn, playMonitor, READY_TOKEN, readyStatusOf } from "../../support/ready-made.ts";
import { tempWorktree, type TempWorktree } from "../../support/temp-worktree.ts";

async function freshness(tree: TempWorktree, status: ReadyStatus): Promise<Freshness> {
  return freshnessOf(status, { root: tree.path, gitDir: tree.gitDir, folder: "" });
}

/** With this answer of the monitor. */
async function freshnessAfter(tree: TempWorktree, answer: string | undefined): Promise<Freshness> {
  using _monitor = playMonitor(tree.gitDir, answer);
  return await freshness(
    tree,
    readyStatusOf(tree, {
      volatile: [
        { path: "f", kind: "file" },
        { path: "gone", kind: "none" },
        { path: "\xff\xfe", kind: "link" },
      ],
    }),
  );
}

test("a status holds when the monitor, asked with its token, names nothing", async () => {
  using tree = tempWorktree("freshness", { files: { f: "" } });
  using monitor = playMonitor(tree.gitDir, `${READY_TOKEN}\0`);

  expect(await freshness(tree, readyStatusOf(tree))).toBe("fresh");
  expect(monitor.questions).toEqual([`${STATUS_QUESTION}${READY_TOKEN}`]);
});

test.each([
  ["the same generation", `${READY_TOKEN}\0`, "fresh"],
  ["a later generation", "gity:0123456789abcdef:9\0", "fresh"],
  ["what is volatile", `${READY_TOKEN}\0f\0gone\0\xff\xfe\0`, "fresh"],
  ["anything else", `${READY_TOKEN}\0g\0`, "stale"],
  ["anything else beside what is volatile", `${READY_TOKEN}\0f\0g\0`, "stale"],
  ["a listing", `${READY_TOKEN}\0d/.gity\0`, "stale"],
  ["that anything may have changed", `${READY_TOKEN}\0/\0`, "stale"],
  ["that listings are in doubt", `${READY_TOKEN}:l\0`, "stale"],
  ["another epoch", "gity:fedcba9876543210:7\0", "stale"],
  ["another daemon's token", "builtin:0.1.2:7\0", "stale"],
  ["half a path", `${READY_TOKEN}\0f`, "stale"],
  ["half a token", READY_TOKEN, "stale"],
  ["nothing", "", "stale"],
] as const)("a monitor that answers with %s", async (_, answer, expected) => {
  using tree = tempWorktree("freshness", { files: { f: "" } });
  symlinkSync("f", Buffer.from(`${tree.path}/\xff\xfe`, "latin1"));

  expect(await freshnessAfter(tree, answer)).toBe(expected);
});

test("without a monitor, and with one that says nothing, a status does not hold", async () => {
  using tree = tempWorktree("freshness", { files: { f: "" } });

  expect(await freshness(tree, readyStatusOf(tree))).toBe("alone");
  expect(await freshnessAfter(tree, undefined)).toBe("stale");
});

test("what is volatile has to be what it was", async () => {
  using tree = tempWorktree("freshness", { files: { f: "" } });
  const answer = `${READY_TOKEN}\0f\0gone\0`;
  writeFileSync(tree.join("f"), "other content");

  expect(await freshnessAfter(tree, answer)).toBe("fresh");
  writeFileSync(tree.join("gone"), "");
  expect(await freshnessAfter(tree, answer)).toBe("stale");
  rmSync(tree.join("gone"));
  rmSync(tree.join("f"));
  symlinkSync("gone", tree.join("f"));
  expect(await freshnessAfter(tree, answer)).toBe("stale");
});

test("whatever a status depends on has to be as it was", async () => {
  using tree = tempWorktree("freshness", { files: { f: "" } });
  using _monitor = playMonitor(tree.gitDir, `${READY_TOKEN}\0`);
  const odd = Buffer.from(`${tree.gitDir}/odd \xff`, "latin1");
  writeFileSync(odd, "");
  const paths = ["HEAD", "config", "MERGE_HEAD"].map((name) =>
    dependencyOn(`${tree.gitDir}/${name}`),
  );
  const belowFile = { path: `${tree.gitDir}/HEAD/below`, identity: "" };
  const oddOne = { ...dependencyOn(odd), path: odd.toString("latin1") };
  const before = readyStatusOf(tree, { dependencies: [...paths, belowFile, oddOne] });
  const expectStaleWhile = async (change: () => void, undo: () => void): Promise<void> => {
    expect(await freshness(tree, before)).toBe("fresh");
    change();
    expect(await freshness(tree, before)).toBe("stale");
    undo();
  };
  const marker = `${tree.gitDir}/MERGE_HEAD`;

  await expectStaleWhile(
    () => {
      writeFileSync(marker, "");
    },
    () => {
      rmSync(marker);
    },
  );
  await expectStaleWhile(
    () => {
      symlinkSync(marker, marker);
    },
    () => {
      rmSync(marker);
    },
  );
  expect(await freshness(tree, before)).toBe("fresh");
  utimesSync(odd, 1, 1);
  expect(await freshness(tree, before)).toBe("stale");
});
