/** `gity events`, as people and programs see it. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { formatEvent } from "../../../src/cli/commands/events.ts";
import { gityEvent } from "../../../src/protocol/schemas.ts";
import { builtGity } from "../../support/built.ts";
import { eventually } from "../../support/eventually.ts";
import { gityHome } from "../../support/gity-home.ts";
import { runGity } from "../../support/running-gity.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity events tells what changes, until Ctrl-C", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("events", { files: { f: "1" } });
  await home.register(tree.path);
  const events = runGity(home, "events", "--kind", "changes", tree.path);
  let round = 0;
  // It may not be listening yet.
  await eventually(() => {
    round += 1;
    writeFileSync(tree.join("new file"), `${round}`);
    return events.said().includes("new file");
  });
  expect(events.said()).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z  changes {7}\/\S+  new file$/m);
  expect(await events.end("SIGINT")).toBe(130);
});

test("gity events --json tells one object a line, and goes on with the next daemon", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("events", { files: { f: "1" } });
  await home.register(tree.path);
  const events = runGity(home, "events", "--json");
  let round = 0;
  const told = async (name: string): Promise<void> => {
    await eventually(() => {
      round += 1;
      writeFileSync(tree.join(name), `${round}`);
      return events.said().includes(`"${name}"`);
    });
  };
  await told("first");
  await home.killDaemon("SIGKILL");
  await home.startDaemon();
  await told("second");
  const lines = events.said().trim().split("\n");
  const kinds = lines.map((line) => gityEvent.parse(JSON.parse(line)).kind);
  expect(kinds).toContain("gap");
  expect(await events.end("SIGTERM")).toBe(143);
});

test("gity events --kind gap tells of lost events only", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("events", { files: { f: "1" } });
  await home.register(tree.path);
  const events = runGity(home, "events", "--kind", "gap", "--since", "00000000-1");
  await eventually(() => events.said().includes("  gap  "));
  expect(events.said().trim().split("\n").length).toBe(1);
  expect(await events.end("SIGINT")).toBe(130);
});

test("gity events ends when nobody reads what it says", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("events", { files: { f: "1" } });
  await home.register(tree.path);
  const script = `"$0" events | head -n 0; echo "\${PIPESTATUS[0]}"`;
  const child = Bun.spawn(["bash", "-c", script, builtGity()], {
    env: { ...process.env, GITY_HOME: home.path },
    stdout: "pipe",
    timeout: 50_000,
  });
  // Nothing happens in the worktree: the command has nothing to say.
  expect(await new Response(child.stdout).text()).toBe("0\n");
});

test.each([
  [["--kind", "chnages"], 2, "unknown kind 'chnages'", "did you mean 'changes'?"],
  [["--kind", "changes,"], 2, "unknown kind ''", "it is one of changes, index"],
  [["--since", "x-1"], 2, "'x-1' is no id of an event", "'gity events --json' shows them"],
  [["/nonexistent"], 4, "'/nonexistent'", "run it inside a git worktree"],
])("gity events %j is told what is wrong", async (words, exitCode, message, hint) => {
  await using home = await gityHome();
  await home.startDaemon();
  const result = await home.gity("events", ...words);
  expect([result.exitCode, result.stdout]).toEqual([exitCode, ""]);
  expect(result.stderr).toContain(message);
  expect(result.stderr).toContain(`hint: ${hint}`);
});

const plain = (text: string): string => text;
const HEAD = { id: "x-1", atMs: 0 } as const;

test("formatEvent() is one line, whatever is in it", () => {
  const root = "/a\nb";
  const lines = [
    formatEvent(
      { ...HEAD, kind: "changes", root, token: "t", isUnknown: false, paths: ["a", "\u001B[31m"] },
      plain,
    ),
    formatEvent(
      {
        ...HEAD,
        kind: "changes",
        root: "/a",
        token: "t",
        isUnknown: false,
        paths: ["1", "2", "3", "4", "5", "6", "7"],
      },
      plain,
    ),
    formatEvent({ ...HEAD, kind: "gap", reason: "slow", lost: 1234 }, plain),
    formatEvent({ ...HEAD, kind: "degraded", root: "/a", reason: "r\nr", cure: "c" }, plain),
    formatEvent({ ...HEAD, kind: "registered", commonDir: "/a/.git" }, plain),
    formatEvent(
      {
        ...HEAD,
        kind: "resources",
        resource: "log",
        value: 2,
        limit: 1,
        isOver: true,
        message: "the log",
      },
      plain,
    ),
    formatEvent(
      {
        ...HEAD,
        kind: "log",
        commonDir: null,
        line: {
          id: 1,
          atMs: 0,
          level: "info",
          repositoryId: null,
          worktreeId: null,
          message: "m",
          fields: { n: 1 },
        },
      },
      plain,
    ),
  ];
  expect(lines).toEqual([
    String.raw`1970-01-01T00:00:00.000Z  changes       "/a\nb"  a "\033[31m"`,
    "1970-01-01T00:00:00.000Z  changes       /a  1 2 3 4 5 and 2 more",
    "1970-01-01T00:00:00.000Z  gap           1,234 lost: they came faster than they were read",
    String.raw`1970-01-01T00:00:00.000Z  degraded      /a  r\nr  (c)`,
    "1970-01-01T00:00:00.000Z  registered    /a/.git",
    "1970-01-01T00:00:00.000Z  resources     over: the log",
    "1970-01-01T00:00:00.000Z  log           info  m n=1",
  ]);
});
