/** `git status` with a monitor and without. The monitor here is a hook that says what the test wants. */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { measureStatus, type StatusTimes } from "../../src/git/measure-status.ts";
import { rejection } from "../support/rejection.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

/** `answer`: what printf(1) makes of it, after the token. */
function monitored(tree: TempWorktree, answer: string, script = ""): void {
  const hook = join(tree.gitDir, "monitor");
  const text = `#!/bin/sh\n${script}\nprintf 'gity:0123456789abcdef:1\\0${answer}'\n`;
  writeFileSync(hook, text, { mode: 0o755 });
  tree.git("config", "core.fsmonitor", hook);
  tree.git("config", "core.fsmonitorHookVersion", "2");
  tree.git("config", "core.untrackedCache", "true");
  tree.git("status");
  tree.git("status");
}

async function measure(
  { path, gitDir }: TempWorktree,
  options: {
    readonly runs?: number;
    readonly signal?: AbortSignal;
    readonly onRound?: (done: number) => void;
  } = {},
): Promise<StatusTimes> {
  return measureStatus({
    root: path,
    gitDir,
    runs: 3,
    signal: new AbortController().signal,
    onRound: () => {},
    ...options,
  });
}

function left(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`gity-stats-${process.pid}-`));
}

test("measureStatus() measures both, round by round, and writes nothing of the user's", async () => {
  using tree = tempWorktree("measure", { files: { a: "1", "d/b": "2" } });
  monitored(tree, "/\\0");
  tree.write("new", "x");
  const index = join(tree.gitDir, "index");
  const before = [readFileSync(index).toString("hex"), statSync(index, { bigint: true }).mtimeNs];
  const rounds: number[] = [];
  const times = await measure(tree, { onRound: (done) => rounds.push(done) });

  expect(times).toEqual({
    withMs: [expect.any(Number), expect.any(Number), expect.any(Number)],
    withoutMs: [expect.any(Number), expect.any(Number), expect.any(Number)],
    withRuns: 4,
    disagreement: undefined,
  });
  expect(rounds).toEqual([0, 1, 2, 3]);
  expect([readFileSync(index).toString("hex"), statSync(index, { bigint: true }).mtimeNs]).toEqual(
    before,
  );
  expect(existsSync(`${index}.lock`)).toBe(false);
  expect(left()).toEqual([]);
});

test("measureStatus() goes on while somebody holds the index' lock, and runs no hook", async () => {
  using tree = tempWorktree("measure", { files: { a: "1" } });
  monitored(tree, "/\\0");
  const told = join(tree.gitDir, "told");
  writeFileSync(join(tree.gitDir, "hooks/post-index-change"), `#!/bin/sh\n: >'${told}'\n`, {
    mode: 0o755,
  });
  writeFileSync(join(tree.gitDir, "index.lock"), "");

  expect(await measure(tree)).toMatchObject({ disagreement: undefined });
  expect(existsSync(told)).toBe(false);
});

test("measureStatus() finds a change that the monitor does not name", async () => {
  using tree = tempWorktree("measure", { files: { a: "1", b: "2" } });
  monitored(tree, "");
  tree.write("b", "changed");
  tree.write("\xFF", "x");
  const times = await measure(tree);

  expect(times.withMs).toEqual([]);
  expect(times.disagreement).toEqual({
    onlyWith: [],
    onlyWithout: [expect.stringMatching(/^1 \.M N\.\.\. .* b$/), "? \xC3\xBF"],
  });
  expect(left()).toEqual([]);
});

test("measureStatus() takes what somebody does meanwhile for no disagreement", async () => {
  using tree = tempWorktree("measure", { files: { a: "1" } });
  // Each question comes with another file: git with the monitor sees it, and git without sees it next time.
  const count = join(tree.gitDir, "count");
  const script = `echo >>'${count}'; n=$(wc -l <'${count}'); [ "$n" -gt 6 ] || : >"new$n"`;
  monitored(tree, "/\\0", script);

  expect(await measure(tree)).toMatchObject({ disagreement: undefined });
});

test("measureStatus() takes a copy of the index as it is now, when it has changed", async () => {
  using tree = tempWorktree("measure", { files: { a: "1" } });
  monitored(tree, "/\\0");
  const times = await measure(tree, {
    onRound: (done) => {
      if (done === 1) {
        tree.write("b", "x");
        tree.git("add", "b");
      }
    },
  });

  expect(times).toMatchObject({ disagreement: undefined, withRuns: 5 });
});

test("measureStatus() sees a change of a file as old as the index, which only its content tells", async () => {
  using tree = tempWorktree("measure", { files: { a: "1" } });
  monitored(tree, "/\\0");
  tree.git("config", "core.trustctime", "false");
  const times: StatusTimes[] = [];
  for (let i = 0; i < 5; i += 1) {
    tree.write("a", `${i}`);
    tree.git("add", "a");
    // In the same tick of the file system's clock, as likely as not.
    tree.write("a", "x");
    // oxlint-disable-next-line no-await-in-loop
    times.push(await measure(tree, { runs: 1 }));
  }

  expect(times.map(({ disagreement }) => disagreement)).toEqual(times.map(() => undefined));
});

test.each([
  ["a repository without an index", false, []],
  ["a split index", true, ["core.splitIndex"]],
])("measureStatus() works in %s", async (_, isCommitted, settings) => {
  using tree = tempWorktree("measure", { files: { a: "1" }, isCommitted });
  for (const setting of settings) {
    tree.git("config", setting, "true");
    tree.git("update-index", "--split-index");
  }
  const names = (): readonly string[] => readdirSync(tree.gitDir).toSorted();
  const before = names();

  expect(await measure(tree)).toMatchObject({ disagreement: undefined });
  expect(names()).toEqual(before);
});

test("measureStatus() leaves the indexes of submodules alone", async () => {
  using inner = tempWorktree("measure-inner", { files: { a: "1" } });
  using tree = tempWorktree("measure", { files: { a: "1" } });
  tree.git("-c", "protocol.file.allow=always", "submodule", "add", "--quiet", inner.path, "sub");
  monitored(tree, "/\\0");
  const index = join(tree.gitDir, "modules/sub/index");
  // An index that git would write anew if it might.
  tree.write("sub/a", "1");
  const before = readFileSync(index).toString("hex");

  expect(await measure(tree)).toMatchObject({ disagreement: undefined });
  expect(readFileSync(index).toString("hex")).toBe(before);
});

test("measureStatus() ends at once when it is interrupted, and leaves nothing", async () => {
  using tree = tempWorktree("measure", { files: { a: "1" } });
  monitored(tree, "/\\0");
  const ending = new AbortController();
  const error = await rejection(
    measure(tree, {
      runs: 1000,
      signal: ending.signal,
      onRound: (done) => {
        if (done === 1) {
          ending.abort();
        }
      },
    }),
  );

  expect(error).toMatchObject({ code: "INTERRUPTED" });
  expect(left()).toEqual([]);
});

test("measureStatus() where git fails: its own words", async () => {
  using tree = tempWorktree("measure", { files: { a: "1" } });
  appendFileSync(join(tree.gitDir, "config"), "[broken");

  expect(await rejection(measure(tree))).toMatchObject({
    code: "GIT_FAILED",
    message: expect.stringContaining("bad config"),
  });
});
