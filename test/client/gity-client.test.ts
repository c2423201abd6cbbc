/** The daemon's API as functions, against servers that behave and that do not. */

import { expect, test } from "bun:test";

import { clientOf } from "../../src/client/connect.ts";
import { tempDir } from "../support/temp-dir.ts";
import { rejection } from "../support/rejection.ts";

function serve(reply: (request: Request) => Response | Promise<Response>) {
  const folder = tempDir("client");
  const server = Bun.serve({ unix: folder.join("s"), fetch: reply });
  return {
    client: clientOf({ socket: folder.join("s") }),
    [Symbol.asyncDispose]: async () => {
      await server.stop(true);
      folder[Symbol.dispose]();
    },
  };
}

test("GityClient sends odd paths whole", async () => {
  const asked: unknown[] = [];
  await using server = serve(async (request) => {
    const url = new URL(request.url);
    const body = await request.text();
    asked.push([request.method, url.pathname, Object.fromEntries(url.searchParams), body]);
    return Response.json({});
  });
  const path = "/a b\n&=%?#'\"é😀";
  const { client } = server;
  await client.daemonInfo();
  await client.list();
  await client.register({ path });
  await client.unregister(path);
  await client.adopt(path);
  await client.health(path, { leaving: "crawling", waitMs: 5 });
  const measured = { path, runs: 10, withMs: 1.5, withoutMs: 200 };
  await client.keepMeasurement(measured);
  await client.changes(path, "t&=");
  await client.changes(path);
  await client.jobs();
  await client.jobs({ path, limit: 5 });
  await client.queueJobs({ path, tasks: ["gc"], when: "idle" });
  await client.cancelJob(7);
  await client.shutdown();

  expect(asked).toEqual([
    ["GET", "/v1/daemon", {}, ""],
    ["GET", "/v1/repositories", {}, ""],
    ["POST", "/v1/repositories", {}, JSON.stringify({ path })],
    ["DELETE", "/v1/repositories", { path }, ""],
    ["POST", "/v1/worktrees/adopt", {}, JSON.stringify({ path })],
    ["GET", "/v1/worktrees/health", { path, leaving: "crawling", waitMs: "5" }, ""],
    ["POST", "/v1/worktrees/measurement", {}, JSON.stringify(measured)],
    ["GET", "/v1/worktrees/changes", { path, since: "t&=" }, ""],
    ["GET", "/v1/worktrees/changes", { path }, ""],
    ["GET", "/v1/jobs", {}, ""],
    ["GET", "/v1/jobs", { path, limit: "5" }, ""],
    ["POST", "/v1/jobs", {}, JSON.stringify({ path, tasks: ["gc"], when: "idle" })],
    ["DELETE", "/v1/jobs", { id: "7" }, ""],
    ["POST", "/v1/shutdown", {}, ""],
  ]);
});

test("GityClient throws the server's own error", async () => {
  const error = { code: "NOT_REGISTERED", message: "no", hint: "do" };
  await using server = serve(() => Response.json({ error }, { status: 404 }));

  expect(await rejection(server.client.list())).toMatchObject(error);
});

test.each(["", "<html>", "null", "{}", '{"error":null}', '{"error":{"code":"NEW_CODE"}}'])(
  "GityClient makes DAEMON_FAILED of a strange failure: %j",
  async (body) => {
    await using server = serve(() => new Response(body, { status: 500 }));

    expect(await rejection(server.client.list())).toMatchObject({
      code: "DAEMON_FAILED",
      message: "the daemon answered with status 500",
    });
  },
);

test("GityClient says when there is no daemon, and when it was interrupted", async () => {
  using folder = tempDir("client");
  const nobody = clientOf({ socket: folder.join("none") });
  expect(await rejection(nobody.daemonInfo())).toMatchObject({ code: "DAEMON_UNREACHABLE" });

  const asked = Promise.withResolvers<void>();
  await using server = serve(() => {
    asked.resolve();
    return new Promise<Response>(() => {});
  });
  const interruption = new AbortController();
  const waits = server.client.health("/a", undefined, interruption.signal);
  await asked.promise;
  interruption.abort();

  expect(await rejection(waits)).toMatchObject({ code: "INTERRUPTED" });
});
