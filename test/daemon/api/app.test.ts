/** A2: what a request must not say, and what it is told then. */

import { expect, test } from "bun:test";

import { createApp } from "../../../src/daemon/api/app.ts";
import { API_BODY_BYTES_MAX } from "../../../src/base/limits.ts";
import { API_ROUTES } from "../../../src/protocol/api.ts";
import { BUILD_HEADER } from "../../../src/protocol/build.ts";
import { daemonFixture } from "../daemon-fixture.ts";

function startApp() {
  const fixture = daemonFixture();
  const bugs: unknown[] = [];
  const app = createApp({
    ...fixture,
    build: { version: "1", fingerprint: "f", builtAtMs: 2 },
    follower: { covers: async () => {} },
    readLogs: () => [],
    metrics: async () => "gity_worktrees 0\n",
    info: () => {
      throw new TypeError("not foreseen");
    },
    onShutdown: () => {},
    onBug: (error) => bugs.push(error),
  });
  const context = { way: "unix", waitForEver: () => {} } as const;
  return {
    ...fixture,
    bugs,
    ask: async (path: string, init?: RequestInit) => {
      const response = await app.fetch(new Request(`http://gity${path}`, init), context);
      return { status: response.status, body: await response.json() };
    },
    askBuild: async (path: string) => {
      const { status, headers } = await app.fetch(new Request(`http://gity${path}`), context);
      return [status, headers.get(BUILD_HEADER)];
    },
    describe: () => app.describe(),
    [Symbol.dispose]: () => {
      fixture[Symbol.dispose]();
    },
  };
}

const post = (body: string | Uint8Array, type = "application/json"): RequestInit => ({
  method: "POST",
  body,
  headers: { "content-type": type },
});

const refused = (message: string) => ({
  error: { code: "INVALID_REQUEST", message, hint: expect.any(String) },
});

test.each([
  ["", "malformed json in request body"],
  ["{", "malformed json in request body"],
  ["null", "Invalid input: expected object, received null"],
  ["[]", "Invalid input: expected object, received array"],
  ["{}", `"path" must be an absolute path`],
  ['{"path":1}', `"path" must be an absolute path`],
  ['{"path":"relative"}', `"path" must be an absolute path`],
  ['{"path":""}', `"path" must be an absolute path`],
  ['{"path":"/a\\u0000b"}', `"path" must be an absolute path`],
  [JSON.stringify({ path: `/${"x".repeat(5000)}` }), `"path" is longer than 4096 bytes`],
  ['{"path":"/a","pth":1}', `unknown "pth"`],
  ['{"path":"/a","via":"mail"}', `"via" must be one of auto, socket, hook`],
  ['{"path":"/a","searchPath":1}', `"searchPath": Invalid input: expected string, received number`],
])("a body that is wrong is told so: %.40s", async (body, message) => {
  using app = startApp();
  expect(await app.ask(API_ROUTES.repositories, post(body))).toEqual({
    status: 400,
    body: refused(message),
  });
});

test("a body that is too long, or no JSON, is refused before it is read to its end", async () => {
  using app = startApp();
  const path = API_ROUTES.repositories;
  const long = JSON.stringify({ path: "/a", searchPath: "x".repeat(API_BODY_BYTES_MAX) });
  expect(await app.ask(path, post(long))).toEqual({
    status: 413,
    body: refused(`the body is longer than ${API_BODY_BYTES_MAX} bytes`),
  });
  expect(await app.ask(path, post('{"path":"/a"}', "text/plain"))).toEqual({
    status: 415,
    body: refused("the body must be application/json"),
  });
  expect(await app.ask(path, post(new Uint8Array([0xff, 0, 0xfe])))).toMatchObject({ status: 400 });
});

test.each([
  ["", `"path" must be an absolute path`],
  ["path=", `"path" must be an absolute path`],
  ["path=a", `"path" must be an absolute path`],
  ["path=/a%00", `"path" must be an absolute path`],
  ["path=/a&Path=/a", `unknown "Path"`],
  ["path=/a&leaving=ready", `"leaving" and "waitMs" belong together`],
  ["path=/a&waitMs=5", `"leaving" and "waitMs" belong together`],
  [
    "path=/a&leaving=unknown&waitMs=5",
    `"leaving" must be one of crawling, catching-up, ready, degraded`,
  ],
  ["path=/a&leaving=ready&waitMs=-1", `"waitMs" must be a number of milliseconds`],
  ["path=/a&leaving=ready&waitMs=1e9", `"waitMs" must be a number of milliseconds`],
  ["path=/a&leaving=ready&waitMs=", `"waitMs" must be a number of milliseconds`],
  [
    "path=/a&leaving=ready&waitMs=99999999999999999999",
    `"waitMs" must be a number of milliseconds`,
  ],
])("a question that is wrong is told so: ?%s", async (query, message) => {
  using app = startApp();
  expect(await app.ask(`${API_ROUTES.health}?${query}`)).toEqual({
    status: 400,
    body: refused(message),
  });
});

test("a failure that nobody foresaw is in the log, and not in the answer", async () => {
  using app = startApp();
  const { status, body } = await app.ask(API_ROUTES.daemon);
  expect(status).toBe(500);
  expect(JSON.stringify(body)).not.toContain("not foreseen");
  expect(app.log.lines).toEqual(["error a request failed in an unforeseen way"]);
});

test("openapi.json describes every route, with its shapes", async () => {
  using app = startApp();
  const { body } = await app.ask(API_ROUTES.openapi);
  const description = JSON.parse(JSON.stringify(body)) as {
    openapi: string;
    paths: Record<string, Record<string, { summary?: string; responses: object }>>;
    components: { schemas: Record<string, object> };
  };
  expect(description.openapi).toBe("3.1.0");
  const known = Object.values(API_ROUTES).filter((path) => path !== API_ROUTES.openapi);
  expect(Object.keys(description.paths).toSorted()).toEqual(known.toSorted());
  const operations = Object.values(description.paths).flatMap((each) => Object.values(each));
  expect(operations.every(({ summary }) => summary !== undefined)).toBe(true);
  const text = JSON.stringify(body);
  const references = new Set([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map((m) => m[1]));
  const defined = Object.keys(description.components.schemas);
  expect([...references].filter((name) => !defined.includes(name ?? ""))).toEqual([]);
  expect(references.size).toBeGreaterThan(12);
});

test("every answer says which build gave it, a failure as well", async () => {
  using app = startApp();
  const answers = await Promise.all(
    [API_ROUTES.repositories, API_ROUTES.daemon, API_ROUTES.jobs, "/nothing"].map((path) =>
      app.askBuild(path),
    ),
  );
  expect(answers).toEqual([
    [200, "1 f 2"],
    [500, "1 f 2"],
    [200, "1 f 2"],
    [404, "1 f 2"],
  ]);
});
