/** `gity logs`. */

import { expect, test } from "bun:test";

import { logLine } from "../../../src/protocol/schemas.ts";
import { eventually } from "../../support/eventually.ts";
import { gityHome } from "../../support/gity-home.ts";
import { runGity } from "../../support/running-gity.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test.each([
  [["--limit", "many"], "'--limit' is a number from 0 to 10000, not 'many'"],
  [["--limit=-1"], "'--limit' is a number"],
  [["--limit", "10001"], "'--limit' is a number"],
  [["--level", "loud"], "unknown value 'loud' of option '--level'"],
  [["--folow"], "unknown option '--folow'\nhint: did you mean '--follow'?"],
])("gity logs %j is a wrong call", async (args, message) => {
  await using home = await gityHome();

  expect(await home.gity("logs", ...args)).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringContaining(message),
  });
});

test("gity logs --help shows examples", async () => {
  await using home = await gityHome();

  expect((await home.gity("logs", "--help")).stdout).toContain("gity logs --all --level warn");
});

test("gity logs tells what was logged about a repository, and of it only", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("logs", { files: { f: "1" } });
  using other = tempWorktree("other", { files: { f: "1" } });
  await home.register(tree.path);
  await home.register(other.path);

  const { stdout, stderr, exitCode } = await home.gity("logs", tree.join("f"));

  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toContain(`commonDir=${tree.gitDir}`);
  expect(stdout).not.toContain(other.path);
  const all = await home.gity("logs", "--all", "--json");
  const lines = all.stdout.trim().split("\n");
  expect(lines.map((line) => logLine.parse(JSON.parse(line)).message)).toContain("listening");
  const last = await home.gity("logs", "--all", "--limit", "1");
  expect(last.stdout.split("\n").length).toBe(2);
});

test("gity logs --follow goes on with each line, of the next daemon as well", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("logs", { files: { f: "1" } });
  await home.startDaemon();
  const logs = runGity(home, "logs", "--all", "--follow");
  await eventually(() => logs.said().includes("listening"));
  await home.register(tree.path);
  await eventually(() => logs.said().includes(`registered commonDir=${tree.gitDir}`));
  await home.killDaemon("SIGKILL");
  await home.startDaemon();
  let round = 0;
  await eventually(async () => {
    round += 1;
    await home.gity("unregister", tree.path);
    await home.register(tree.path);
    return logs.said().split(`registered commonDir=${tree.gitDir}`).length > 3;
  });
  expect(round).toBeGreaterThan(0);
  expect(await logs.end("SIGINT")).toBe(130);
});
