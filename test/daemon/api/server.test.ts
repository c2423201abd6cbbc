/** The HTTP API on its socket: A2 hostile input, X2 permissions, failures as JSON. */

import { chmodSync, existsSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";

import { expect, test } from "bun:test";

import { type ApiApp, createApp } from "../../../src/daemon/api/app.ts";
import { ApiServer } from "../../../src/daemon/api/server.ts";
import { type TcpAddress, TcpGuard } from "../../../src/daemon/api/tcp-guard.ts";
import { API_ROUTES } from "../../../src/protocol/api.ts";
import { eventually } from "../../support/eventually.ts";
import { rawConnection } from "../../support/raw-connection.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";
import { type DaemonFixture, daemonFixture } from "../daemon-fixture.ts";

function startServer(tcp?: TcpAddress, token?: string) {
  const fixture = daemonFixture();
  const socket = fixture.home.join("s");
  const shutdown = Promise.withResolvers<void>();
  const app = appOf(fixture, shutdown.resolve, token);
  const server = new ApiServer({ socket, app, tcp });
  return {
    ...fixture,
    socket,
    port: server.port,
    server,
    shutdown: shutdown.promise,
    ask: async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`http://gity${path}`, { unix: socket, ...init });
      return { status: response.status, body: await response.json() };
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      fixture[Symbol.dispose]();
    },
  };
}

function appOf(fixture: DaemonFixture, onShutdown: () => void, token?: string): ApiApp {
  return createApp({
    ...fixture,
    build: { version: "1", fingerprint: "f", builtAtMs: 2 },
    follower: { covers: async () => {} },
    readLogs: () => [],
    metrics: async () => "gity_worktrees 0\n",
    guard: token === undefined ? undefined : new TcpGuard(token),
    info: () => INFO,
    onShutdown,
    onBug: (error) => {
      throw error;
    },
  });
}

const INFO = {
  version: "1",
  fingerprint: "f",
  builtAtMs: 1,
  pid: 1,
  startedAtMs: 1,
  home: "/h",
  repositories: 0,
  worktrees: 0,
  tcpAddress: null,
  residentBytes: 1,
};

const JSON_HEADERS = { "content-type": "application/json" };

const failure = (code: string) => ({ error: expect.objectContaining({ code }) });

test("ApiServer X2 listens on a socket of this user only, and takes it away", async () => {
  let socket: string;
  {
    await using server = startServer();
    socket = server.socket;
    expect((statSync(socket).mode & 0o777).toString(8)).toBe("600");
    expect((await server.ask(API_ROUTES.daemon)).status).toBe(200);
  }
  expect(existsSync(socket)).toBe(false);
});

test("ApiServer takes the place of a dead daemon's socket, and of nothing else", async () => {
  using fixture = daemonFixture();
  const app = appOf(fixture, () => {});
  const stale = fixture.home.join("stale");
  // bind(2) without close: what a killed daemon leaves.
  const child = Bun.spawnSync([
    process.execPath,
    "-e",
    `Bun.serve({ unix: process.argv[1], fetch: () => new Response() }); process.kill(process.pid, "SIGKILL")`,
    stale,
  ]);
  expect(child.signalCode).toBe("SIGKILL");
  expect(existsSync(stale)).toBe(true);
  await using server = new ApiServer({ app, socket: stale });
  expect(server).toBeInstanceOf(ApiServer);

  const file = fixture.home.join("file");
  writeFileSync(file, "mine");
  expect(() => new ApiServer({ app, socket: file })).toThrow(
    expect.objectContaining({ code: "DAEMON_FAILED" }),
  );
  expect(await Bun.file(file).text()).toBe("mine");
});

test("ApiServer registers, lists, tells health and changes, and unregisters", async () => {
  await using server = startServer();
  using tree = tempWorktree("api");
  const query = `?path=${encodeURIComponent(tree.path)}`;

  const registered = await server.ask(API_ROUTES.repositories, {
    method: "POST",
    headers: JSON_HEADERS,
    body: JSON.stringify({ path: tree.path }),
  });
  expect(registered).toMatchObject({ status: 200, body: { created: true } });
  expect(await server.ask(API_ROUTES.repositories)).toMatchObject({
    body: { repositories: [{ commonDir: tree.gitDir }] },
  });
  expect(await server.ask(API_ROUTES.health + query)).toMatchObject({ body: { state: "ready" } });
  expect(await server.ask(`${API_ROUTES.changes}${query}&since=x`)).toMatchObject({
    body: { kind: "changed", paths: ["a", "d/"] },
  });
  expect(await server.ask(API_ROUTES.repositories + query, { method: "DELETE" })).toMatchObject({
    status: 200,
    body: { removed: true },
  });
});

test.each([
  ["an unknown route", "/v1/nothing", {}, 404, "INVALID_REQUEST"],
  ["a name of Object's", "/constructor", {}, 404, "INVALID_REQUEST"],
  ["a wrong method", API_ROUTES.daemon, { method: "POST" }, 405, "INVALID_REQUEST"],
  ["a strange method", API_ROUTES.repositories, { method: "PATCH" }, 405, "INVALID_REQUEST"],
  ["no body", API_ROUTES.repositories, { method: "POST" }, 400, "INVALID_REQUEST"],
  [
    "bad JSON",
    API_ROUTES.repositories,
    { method: "POST", headers: JSON_HEADERS, body: "{" },
    400,
    "INVALID_REQUEST",
  ],
  [
    "a large body",
    API_ROUTES.repositories,
    { method: "POST", body: "x".repeat(200_000) },
    413,
    "INVALID_REQUEST",
  ],
  ["no path", API_ROUTES.health, {}, 400, "INVALID_REQUEST"],
  ["a path that is none", `${API_ROUTES.health}?path=/nonexistent`, {}, 422, "NOT_A_REPOSITORY"],
] as const)("ApiServer A2 answers %s in JSON", async (...[, path, init, status, code]) => {
  await using server = startServer();

  expect(await server.ask(path, init)).toEqual({ status, body: failure(code) });
  expect((await server.ask(API_ROUTES.daemon)).status).toBe(200);
});

test("ApiServer answers a path that is not registered with 404", async () => {
  await using server = startServer();
  using tree = tempWorktree("api");

  expect(await server.ask(`${API_ROUTES.health}?path=${tree.path}`)).toEqual({
    status: 404,
    body: failure("NOT_REGISTERED"),
  });
});

test("ApiServer A2 survives bytes that are no HTTP, and clients that leave", async () => {
  await using server = startServer();
  const noise = [
    "",
    "\0\0\0\0",
    "GET",
    "GET / HTTP/9.9\r\n\r\n",
    `GET /${"x".repeat(100_000)} HTTP/1.1\r\n\r\n`,
    "POST /v1/repositories HTTP/1.1\r\nhost: gity\r\ncontent-length: 1000\r\n\r\n{",
    "POST /v1/repositories HTTP/1.1\r\nhost: gity\r\ncontent-length: -1\r\n\r\n",
    "POST /v1/repositories HTTP/1.1\r\nhost: gity\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
    "000fgity:tokA:10000",
  ];
  for (const bytes of noise) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const client = connect(server.socket, () => {
      client.end(bytes, "latin1", () => client.destroy());
    });
    client.on("error", () => {});
    client.on("close", () => {
      resolve();
    });
    await promise;
  }

  expect((await server.ask(API_ROUTES.daemon)).status).toBe(200);
});

test("ApiServer ends what it is asked to end, after the reply", async () => {
  await using server = startServer();

  expect(await server.ask(API_ROUTES.shutdown, { method: "POST" })).toEqual({
    status: 200,
    body: {},
  });
  await server.shutdown;
});

test("ApiServer shows nothing of an unforeseen failure, and logs it", async () => {
  await using server = startServer();
  using tree = tempWorktree("api");
  chmodSync(server.helper, 0o755);
  server.store[Symbol.dispose]();

  const reply = await server.ask(API_ROUTES.repositories, {
    method: "POST",
    headers: JSON_HEADERS,
    body: JSON.stringify({ path: tree.path }),
  });

  expect(reply).toEqual({ status: 500, body: failure("DAEMON_FAILED") });
  expect(server.log.lines).toContain("error a request failed in an unforeseen way");
});

test("ApiServer X2 on TCP answers nobody without the token, and tells nobody what there is", async () => {
  await using server = startServer({ hostname: "127.0.0.1", port: 0 }, "secret");
  const base = `http://127.0.0.1:${server.port}`;
  const authorization = "Bearer secret";
  for (const path of [API_ROUTES.daemon, API_ROUTES.openapi, "/nothing", API_ROUTES.shutdown]) {
    // oxlint-disable-next-line no-await-in-loop
    expect((await fetch(base + path)).status).toBe(401);
  }
  const answer = await fetch(base + API_ROUTES.daemon, { headers: { authorization } });
  expect(answer.status).toBe(200);
  expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual(
    [],
  );
  const preflight = await fetch(base + API_ROUTES.shutdown, {
    method: "OPTIONS",
    headers: { authorization, origin: "http://evil.example" },
  });
  expect(preflight.status).toBe(403);
  // On the socket nobody needs it.
  expect((await server.ask(API_ROUTES.daemon)).status).toBe(200);
});

test("ApiServer says so when its address is taken", async () => {
  using other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  using fixture = daemonFixture();
  const app = appOf(fixture, () => {});
  const tcp = { hostname: "127.0.0.1", port: other.port ?? 0 };
  expect(() => new ApiServer({ app, tcp, socket: fixture.home.join("s") })).toThrow(
    expect.objectContaining({ code: "DAEMON_FAILED" }),
  );
});

test("ApiServer empty() ends every connection, and listens again where it was", async () => {
  await using server = startServer({ hostname: "127.0.0.1", port: 0 }, "t".repeat(43));
  const { socket, port = 0 } = server;
  const idle = await Promise.all(
    [socket, { port }].flatMap((address) => [rawConnection(address), rawConnection(address)]),
  );
  idle.forEach((connection) => {
    connection.send("GET /");
  });
  expect((await server.ask(API_ROUTES.daemon)).status).toBe(200);
  expect(server.server.empty()).toBe(true);
  // A command that comes now has a moment.
  expect(server.server.empty()).toBe(false);
  await eventually(() => idle.every((connection) => connection.isClosed()));
  expect((await eventually(() => server.ask(API_ROUTES.daemon))).status).toBe(200);
  expect((statSync(socket).mode & 0o777).toString(8)).toBe("600");
  expect((await fetch(`http://127.0.0.1:${port}${API_ROUTES.daemon}`)).status).toBe(401);
  expect(server.server.port).toBe(port);
});
