/** The answer by `gity` itself: byte for byte the one of gity-helper, whose tests are the others here. */

import { mkdirSync } from "node:fs";

import { expect, test } from "bun:test";

import { builtGity, builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";
import { watchedWorktree } from "../support/watched-worktree.ts";

function ask(program: readonly string[], cwd: string, ...words: string[]) {
  const child = Bun.spawnSync([...program, ...words], { cwd, env: process.env });
  return [child.exitCode, child.stdout.toString("latin1"), child.stderr.toString()];
}

/** Behind the token. */
function paths(answer: unknown): readonly string[] {
  return String(answer).split("\0").slice(1, -1);
}

test("gity fsmonitor-helper answers as gity-helper does, whatever the paths are", async () => {
  await using watched = await watchedWorktree("by-gity", { files: { f: "" } });
  const { token } = await watched.changedSince("");
  watched.tree.write("é\n", "");
  Bun.spawnSync(["sh", "-c", `touch "$(printf '%s\\377' "$1")"`, "sh", watched.tree.path + "/"]);

  const [byHelper, byGity] = await eventually(() => {
    const answers = [
      ask([builtHelper()], watched.tree.path, "2", token),
      ask([builtGity(), "fsmonitor-helper"], watched.tree.path, "2", token),
    ] as const;
    // "/" is right as well, where the daemon did not get to run in time.
    return answers.every(([, answer]) => paths(answer)[0] !== "/") && answers;
  });

  expect(byGity).toEqual([0, expect.stringContaining("\xFF\0"), ""]);
  // Each question has a generation of its own. The log names the oldest first, the socket the newest.
  expect(paths(byGity[1]).toSorted()).toEqual(paths(byHelper[1]).toSorted());
});

test.each([["--help"], ["-x"], ["--"], [""], ["--json=1"]])(
  "gity fsmonitor-helper 2 %j takes it for a token",
  (token) => {
    using dir = tempDir("by-gity");
    mkdirSync(dir.join(".git"));

    expect(ask([builtGity(), "fsmonitor-helper"], dir.path, "2", token)).toEqual([
      0,
      expect.stringMatching(/^gity:[0-9a-f]{16}:0:l\0\/\0$/),
      "",
    ]);
  },
);

test("gity fsmonitor-helper ends as gity-helper does where there is no answer", () => {
  using dir = tempDir("by-gity");

  expect(ask([builtGity(), "fsmonitor-helper"], dir.path, "3", "")).toEqual([1, "", ""]);
  expect(ask([builtHelper()], dir.path, "3", "")).toEqual([1, "", ""]);
});

test("gity fsmonitor-helper that cannot write its answer exits with an error", () => {
  using dir = tempDir("by-gity");
  const script = '"$1" fsmonitor-helper 2 token 2>err >/dev/full; echo $?; cat err';

  expect(ask(["sh", "-c", script, "sh", builtGity()], dir.path)).toEqual([0, "1\n", ""]);
});
