/** Waiting until a worktree is covered; as `gity register` does it: cli/commands/register.test.ts. */

import { expect, test } from "bun:test";

import { waitForCoverage } from "../../src/cli/wait-for-coverage.ts";
import { GityClient } from "../../src/client/gity-client.ts";

/** A daemon that has these to say of a worktree, one after the other. */
function clientSaying(...healths: readonly object[]): GityClient {
  const left = [...healths];
  return new GityClient("socket", async () => {
    const text = JSON.stringify(left.shift());
    const parts = async function* (): AsyncGenerator<string> {
      yield text;
    };
    return { status: 200, build: "", text: async () => text, parts };
  });
}

function progress(said: string[]) {
  return {
    update: (directories: number) => said.push(`update ${directories}`),
    finish: (directories: number) => said.push(`finish ${directories}`),
    [Symbol.dispose]: () => said.push("gone"),
  };
}

const { signal } = new AbortController();

test("waitForCoverage() tells how far it is, until it is covered", async () => {
  const said: string[] = [];
  const client = clientSaying(
    { state: "crawling", crawledDirectories: 1 },
    { state: "catching-up", crawledDirectories: 5 },
    { state: "ready", watchedDirectories: 7 },
  );

  const health = await waitForCoverage(client, "/w", {
    openProgress: () => progress(said),
    signal,
  });

  expect(health.state).toBe("ready");
  expect(said).toEqual(["update 1", "update 5", "finish 7", "gone"]);
});

test("waitForCoverage() shows nothing where there is nothing to wait for", async () => {
  const said: string[] = [];
  const health = await waitForCoverage(clientSaying({ state: "ready" }), "/w", {
    openProgress: () => progress(said),
    signal,
  });

  expect([health.state, said]).toEqual(["ready", []]);
});

test("waitForCoverage() goes on without one that comes no further", async () => {
  const said: string[] = [];
  const client = clientSaying({ root: "/w", state: "crawling", crawledDirectories: 1 });

  // Less than no time: each look that finds nothing new is too late.
  const wait = { openProgress: () => progress(said), signal, standstillMsMax: -1 };
  const health = await waitForCoverage(client, "/w", wait);

  expect(health).toMatchObject({ state: "crawling", crawledDirectories: 1 });
  expect(said).toEqual(["gone"]);
});
