/** `gity daemon metrics`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity daemon metrics --help shows examples", async () => {
  await using home = await gityHome();

  const { stdout, exitCode } = await home.gity("daemon", "metrics", "--help");

  expect(exitCode).toBe(0);
  expect(stdout).toContain("gity daemon metrics --json");
});

function names(text: string): string[] {
  return [...text.matchAll(/^# TYPE \S+/gm)].map(([line]) => line);
}

test("gity daemon metrics tells the numbers of a daemon at work, as /metrics does", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("metrics", { files: { f: "1" } });
  await home.register(tree.path);

  const { stdout, exitCode } = await home.gity("daemon", "metrics");

  expect(exitCode).toBe(0);
  expect(stdout).toContain(`gity_worktree_state{worktree="${tree.path}",state="ready"} 1\n`);
  expect(stdout).toContain("# TYPE gity_query_duration_seconds histogram\n");
  const reply = await fetch("http://gity/metrics", { unix: `${home.path}/run/gity.sock` });
  expect(reply.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  expect(names(await reply.text())).toEqual(names(stdout));
  const json = await home.gityJson("daemon", "metrics");
  expect(JSON.stringify(json)).toContain("gity_repositories");
});
