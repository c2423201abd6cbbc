/** The helper's word to the daemon about a worktree nobody watches. */

import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";

import { askAdoption } from "../../src/helper/ask-adoption.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";

test("askAdoption() posts the worktree to the daemon of this home, and does not wait", async () => {
  using home = tempDir("home");
  mkdirSync(home.join("run"));
  const asked: unknown[] = [];
  const server = Bun.serve({
    unix: home.join("run/gity.sock"),
    async fetch(request) {
      asked.push([new URL(request.url).pathname, await request.json()]);
      return Response.json({});
    },
  });
  expect(await askAdoption("/some/where", { GITY_HOME: home.path })).toBe(true);
  await eventually(() => asked.length === 1);
  expect(asked).toEqual([["/v1/worktrees/adopt", { path: "/some/where" }]]);
  await server.stop(true);
});

test("askAdoption() without a daemon, or a home, is content", async () => {
  using home = tempDir("home");
  for (const environment of [{ GITY_HOME: home.path }, {}, { HOME: "relative" }]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await askAdoption("/some/where", environment)).toBe(false);
  }
});
