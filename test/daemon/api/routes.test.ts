/** What each route answers is what its schema says. */

import { expect, test } from "bun:test";

import type { z } from "@hono/zod-openapi";

import { createApp } from "../../../src/daemon/api/app.ts";
import { API_ROUTES } from "../../../src/protocol/api.ts";
import * as schemas from "../../../src/protocol/schemas.ts";
import { eventually } from "../../support/eventually.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";
import { daemonFixture } from "../daemon-fixture.ts";

const post = (body: object): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});

test("each route answers in the shape it promises", async () => {
  using fixture = daemonFixture();
  using tree = tempWorktree("routes");
  let hasEnded = false;
  const app = createApp({
    ...fixture,
    build: { version: "1", fingerprint: "f", builtAtMs: 2 },
    follower: { covers: async () => {} },
    readLogs: () => [],
    metrics: async () => "gity_worktrees 0\n",
    info: () => ({
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
    }),
    onShutdown: () => {
      hasEnded = true;
    },
    onBug: (error) => {
      throw error;
    },
  });
  const context = { way: "unix", waitForEver: () => {} } as const;
  const ask = async (schema: z.ZodType, path: string, init?: RequestInit): Promise<void> => {
    const response = await app.fetch(new Request(`http://gity${path}`, init), context);
    const body: unknown = await response.json();
    expect([path, response.status, body]).toEqual([path, 200, schema.parse(body)]);
  };
  const query = `?path=${encodeURIComponent(tree.path)}`;

  await ask(schemas.daemonInfo, API_ROUTES.daemon);
  await ask(schemas.repositoryList, API_ROUTES.repositories);
  await ask(schemas.registerReply, API_ROUTES.repositories, post({ path: tree.path }));
  await ask(schemas.repositoryList, API_ROUTES.repositories);
  await ask(schemas.nothing, API_ROUTES.adopt, post({ path: tree.path }));
  await ask(schemas.healthReply, API_ROUTES.health + query);
  const measured = { path: tree.path, runs: 10, withMs: 1.5, withoutMs: 200 };
  await ask(schemas.nothing, API_ROUTES.measurement, post(measured));
  await ask(schemas.healthReply, `${API_ROUTES.health}${query}&leaving=ready&waitMs=1`);
  await ask(schemas.changesReply, API_ROUTES.changes + query);
  await ask(schemas.changesReply, `${API_ROUTES.changes}${query}&since=x`);
  await ask(schemas.doctorReply, `${API_ROUTES.doctor}${query}&searchPath=/usr/bin`);
  await ask(schemas.logsReply, `${API_ROUTES.logs}${query}&level=warn&limit=5&beforeId=9`);
  await ask(schemas.logsReply, API_ROUTES.logs);
  await ask(schemas.storeStatistics, API_ROUTES.store);
  await ask(schemas.compactReply, API_ROUTES.compactStore, { method: "POST" });
  await ask(schemas.pruneLogsReply, API_ROUTES.pruneLogs, post({ keepDays: 30 }));
  await ask(schemas.jobList, API_ROUTES.jobs);
  const queued = post({ path: tree.path, tasks: ["gc"], when: "idle" });
  await ask(schemas.queuedJobs, API_ROUTES.jobs, queued);
  await ask(schemas.jobList, `${API_ROUTES.jobs}${query}&limit=5`);
  await ask(schemas.cancelReply, `${API_ROUTES.jobs}?id=1`, { method: "DELETE" });
  await ask(schemas.statusReport, API_ROUTES.status + query);
  const form = { words: ["--short"], folder: "", isTerminal: false };
  const renewal = post({ path: tree.path, form, waitMs: 1000 });
  await ask(schemas.readyStatusReply, API_ROUTES.readyStatus, renewal);
  const metrics = await app.fetch(new Request(`http://gity${API_ROUTES.metrics}`), context);
  expect(metrics.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  expect(await metrics.text()).toBe("gity_worktrees 0\n");
  await ask(schemas.unregisterReply, API_ROUTES.repositories + query, { method: "DELETE" });
  await ask(schemas.nothing, API_ROUTES.shutdown, { method: "POST" });
  await eventually(() => hasEnded);
});
