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
  await askAdoption("/some/where", { GITY_HOME: home.path });
  await eventually(() => asked.length === 1);
  expect(asked).toEqual([["/v1/worktrees/adopt", { path: "/some/where" }]]);
  await server.stop(true);
});

test("askAdoption() without a daemon, or a home, is content", async () => {
  using home = tempDir("home");
  await askAdoption("/some/where", { GITY_HOME: home.path });
  await askAdoption("/some/where", {});
  expect(await askAdoption("/some/where", { HOME: "relative" })).toBeUndefined();
});
