/** git's progress, as git draws it. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { COMPLAINT_CHARACTERS_MAX } from "../../src/base/limits.ts";
import { runBackgroundGit } from "../../src/git/background-git.ts";
import { LineCutter, parseProgress } from "../../src/git/progress-lines.ts";
import type { JobProgress } from "../../src/protocol/job.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

const NOTHING = { percent: null, done: null, total: null, bytes: null, bytesPerSecond: null };

function cut(...pieces: readonly string[]): readonly string[] {
  const lines: string[] = [];
  const cutter = new LineCutter((line) => lines.push(line));
  for (const piece of pieces) {
    cutter.push(piece);
  }
  cutter.end();
  return lines;
}

test.each<readonly [string, Partial<JobProgress> & { readonly title: string }]>([
  [
    "Receiving objects:  42% (21/50), 1.20 MiB | 3.00 MiB/s",
    {
      title: "Receiving objects",
      percent: 42,
      done: 21,
      total: 50,
      bytes: 1_258_291,
      bytesPerSecond: 3 * 1024 ** 2,
    },
  ],
  [
    "Receiving objects: 100% (3/3), 512 bytes | 1 byte/s, done.",
    { title: "Receiving objects", percent: 100, done: 3, total: 3, bytes: 512, bytesPerSecond: 1 },
  ],
  [
    "Receiving objects: 100% (3/3), 1.02 GiB | 170.00 KiB/s, done.",
    {
      title: "Receiving objects",
      percent: 100,
      done: 3,
      total: 3,
      bytes: 1_095_216_660,
      bytesPerSecond: 174_080,
    },
  ],
  ["Resolving deltas:   0% (0/5)   ", { title: "Resolving deltas", percent: 0, done: 0, total: 5 }],
  ["remote: Enumerating objects: 21, done.", { title: "Enumerating objects", done: 21 }],
  [
    "remote: Counting objects:  42% (21/50)        ",
    { title: "Counting objects", percent: 42, done: 21, total: 50 },
  ],
  [
    "Finding commits for commit graph among packed objects: 100% (9/9), done.",
    {
      title: "Finding commits for commit graph among packed objects",
      percent: 100,
      done: 9,
      total: 9,
    },
  ],
  [
    "Writing commit graph in 3 passes: 100% (6/6), done.",
    { title: "Writing commit graph in 3 passes", percent: 100, done: 6, total: 6 },
  ],
  [
    "Expanding reachable commits in commit graph: 7",
    { title: "Expanding reachable commits in commit graph", done: 7 },
  ],
  ["Odd: 999% (5/4)", { title: "Odd", percent: 100, done: 5, total: 4 }],
])("parseProgress() understands %j", (line, expected) => {
  expect(parseProgress(line)).toEqual({ ...NOTHING, ...expected });
});

test.each([
  "",
  "remote: ",
  "From https://example.com:8080/a",
  "fatal: 5",
  "error: 42% (21/50)",
  "Note: 5 things are wrong",
  "Note: 5% of them",
  "Auto packing the repository in background for optimum performance.",
  " * [new branch]      main       -> origin/main",
  `Title: ${"9".repeat(400)}`,
  `Title: 5% (${"9".repeat(400)}/1)`,
  `${"T".repeat(90)}: 5`,
])("parseProgress() leaves %j to people", (line) => {
  expect(parseProgress(line)).toBeUndefined();
});

test("parseProgress() makes a number of nothing that is none", () => {
  const progress = parseProgress("Receiving objects: 5, 1.2.3 MiB | 4 XiB/s");

  expect(progress).toEqual({ ...NOTHING, title: "Receiving objects", done: 5 });
});

test("LineCutter cuts the same lines wherever the pieces end", () => {
  const text = "one\r\ntwo\rthree   \r\n\r\n\n four\nfive";
  const expected = ["one", "two", "three", " four", "five"];

  expect(cut(text)).toEqual(expected);
  expect(cut(...text.split(""))).toEqual(expected);
  for (let at = 0; at <= text.length; at += 1) {
    expect(cut(text.slice(0, at), text.slice(at))).toEqual(expected);
  }
});

test("LineCutter has nothing left after its end", () => {
  const lines: string[] = [];
  const cutter = new LineCutter((line) => lines.push(line));
  cutter.push("a");
  cutter.end();
  cutter.end();
  cutter.push("\n");

  expect(lines).toEqual(["a"]);
});

test("LineCutter takes away what would move somebody's cursor", () => {
  expect(
    cut(
      "remote: a\u001b[K\r",
      "\u001b[33mremote\u001b[m: b\n",
      "c\0d\u0007e\tf\u009b\n",
      "\u001b\n",
    ),
  ).toEqual(["remote: a", "remote: b", "c d e f"]);
});

test("LineCutter cuts off what nobody reads to the end", () => {
  const [line, next] = cut(...Array.from({ length: 1_000 }, () => "a".repeat(1_000)), "\nb");

  expect(line).toBe("a".repeat(COMPLAINT_CHARACTERS_MAX));
  expect(next).toBe("b");
});

/** What git's own commands say. */
async function hear(
  tree: TempWorktree,
  ...args: readonly string[]
): Promise<{ readonly titles: ReadonlySet<string>; readonly rest: readonly string[] }> {
  const titles = new Set<string>();
  const rest: string[] = [];
  const cutter = new LineCutter((line) => {
    const title = parseProgress(line)?.title;
    if (title === undefined) {
      rest.push(line);
    } else {
      titles.add(title);
    }
  });
  await runBackgroundGit(args, {
    gitDir: tree.gitDir,
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    sshCommand: "ssh",
    onStart: () => undefined,
    onText: (text) => {
      cutter.push(text);
    },
  });
  cutter.end();
  return { titles, rest };
}

test("parseProgress() understands this git's fetch, repack and commit-graph", async () => {
  using origin = tempWorktree("progress", { generated: { files: 300, directories: 3 } });
  for (let commit = 0; commit < 5; commit += 1) {
    writeFileSync(origin.join("a"), String(commit));
    origin.git("add", "a");
    origin.git("commit", "--quiet", "--message=a");
  }
  using tree = tempWorktree("progress");
  tree.git("remote", "add", "origin", `file://${origin.path}`);

  const fetch = await hear(tree, "fetch", "--progress", "origin");
  const repack = await hear(tree, "repack", "-a", "-d");
  const graph = await hear(tree, "commit-graph", "write", "--reachable", "--progress");

  expect([...fetch.titles]).toEqual(
    expect.arrayContaining(["Enumerating objects", "Counting objects", "Receiving objects"]),
  );
  expect(fetch.rest.filter((line) => !/^(?:remote: Total|From | \* )/.test(line))).toEqual([]);
  expect([...repack.titles]).toEqual(
    expect.arrayContaining(["Enumerating objects", "Counting objects", "Writing objects"]),
  );
  expect(repack.rest.filter((line) => !line.startsWith("Total "))).toEqual([]);
  // It begins to tell when it has taken two seconds.
  expect(graph.rest).toEqual([]);
});
