/**
 * What the API answers. Shapes are protocol/schemas.ts; a request that reaches a handler is valid.
 */

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";

import { GityError } from "../../base/errors.ts";
import { SUBSCRIBERS_MAX } from "../../base/limits.ts";
import { API_ROUTES, type DaemonInfo } from "../../protocol/api.ts";
import type { LogLine, LogQuestion } from "../../protocol/log-line.ts";
import * as schemas from "../../protocol/schemas.ts";
import type { Store } from "../../store/store.ts";
import type { BackgroundWork } from "../background-work.ts";
import { examine } from "../doctor.ts";
import type { EventHub, Interest } from "../event-hub.ts";
import type { Fleet } from "../fleet.ts";
import type { Follower } from "../follower.ts";
import type { Resources } from "../resources.ts";
import type { StatusKeeper } from "../status-keeper.ts";
import type { ApiEnvironment } from "./app.ts";
import { EVENT_HEADERS, eventStream } from "./event-stream.ts";

export interface RouteOptions {
  readonly fleet: Fleet;
  readonly hub: EventHub;
  readonly follower: Pick<Follower, "covers">;
  readonly work: Pick<BackgroundWork, "list" | "queue" | "cancel" | "jobsOf" | "restsBecause">;
  readonly statuses: Pick<StatusKeeper, "read" | "renew">;
  readonly resources: Pick<Resources, "overLimits">;
  readonly info: () => DaemonInfo;
  readonly readLogs: (question: LogQuestion) => readonly LogLine[];
  readonly store: Pick<Store, "statistics" | "compact" | "pruneLogs">;
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  readonly onShutdown: () => void;
}

type App = OpenAPIHono<ApiEnvironment>;

export function addRoutes(app: App, options: RouteOptions): void {
  addDaemonRoutes(app, options);
  addRepositoryRoutes(app, options);
  addWorktreeRoutes(app, options);
  addEventRoutes(app, options);
  addJobRoutes(app, options);
  addUpkeepRoutes(app, options);
  addStatusRoutes(app, options);
}

/** What a route may answer. */
function replies<Schema extends z.ZodType>(schema: Schema, description: string) {
  return {
    200: { description, content: { "application/json": { schema } } },
    default: {
      description: "What could not be done, and why",
      content: { "application/json": { schema: schemas.errorReply } },
    },
  };
}

function body<Schema extends z.ZodType>(schema: Schema) {
  return { required: true as const, content: { "application/json": { schema } } };
}

function addDaemonRoutes(app: App, { fleet, info, onShutdown }: RouteOptions): void {
  const daemon = createRoute({
    method: "get",
    path: API_ROUTES.daemon,
    summary: "Which daemon this is",
    responses: replies(schemas.daemonInfo, "The daemon"),
  });
  app.openapi(daemon, (context) => context.json(info(), 200));

  const shutdown = createRoute({
    method: "post",
    path: API_ROUTES.shutdown,
    summary: "End the daemon, after the reply",
    responses: replies(schemas.nothing, "It ends"),
  });
  app.openapi(shutdown, (context) => {
    setImmediate(onShutdown);
    return context.json({}, 200);
  });

  const doctor = createRoute({
    method: "get",
    path: API_ROUTES.doctor,
    summary: "What `gity doctor` asks the daemon",
    request: { query: schemas.doctorQuery },
    responses: replies(schemas.doctorReply, "What was found"),
  });
  app.openapi(doctor, async (context) => {
    const { path, searchPath } = context.req.valid("query");
    return context.json(await examine(fleet, { path, searchPath }), 200);
  });
}

function addRepositoryRoutes(app: App, { fleet }: RouteOptions): void {
  const path = API_ROUTES.repositories;
  const list = createRoute({
    method: "get",
    path,
    summary: "What is registered",
    responses: replies(schemas.repositoryList, "All repositories with their worktrees"),
  });
  app.openapi(list, (context) => context.json({ repositories: fleet.list() }, 200));

  const register = createRoute({
    method: "post",
    path,
    summary: "Watch a repository, and let git ask gity",
    request: { body: body(schemas.registerRequest) },
    responses: replies(schemas.registerReply, "It is registered"),
  });
  app.openapi(register, async (context) =>
    context.json(await fleet.register(context.req.valid("json")), 200),
  );

  const unregister = createRoute({
    method: "delete",
    path,
    summary: "Stop watching a repository, and restore its configuration",
    request: { query: schemas.pathQuery },
    responses: replies(schemas.unregisterReply, "It is not registered"),
  });
  app.openapi(unregister, async (context) =>
    context.json(await fleet.unregister(context.req.valid("query").path), 200),
  );
}

function addWorktreeRoutes(app: App, { fleet, work, resources }: RouteOptions): void {
  const adopt = createRoute({
    method: "post",
    path: API_ROUTES.adopt,
    summary: "Watch a worktree that nobody registered, until it goes",
    request: { body: body(schemas.pathRequest) },
    responses: replies(schemas.nothing, "It is watched, if it can be"),
  });
  app.openapi(adopt, async (context) => {
    await fleet.adopt(context.req.valid("json").path);
    return context.json({}, 200);
  });

  const health = createRoute({
    method: "get",
    path: API_ROUTES.health,
    summary: "How well a worktree is covered",
    request: { query: schemas.healthQuery },
    responses: replies(schemas.healthReply, "Its health"),
  });
  app.openapi(health, async (context) => {
    const { path, leaving, waitMs } = context.req.valid("query");
    const wait = leaving === undefined || waitMs === undefined ? undefined : { leaving, waitMs };
    const coverage = await fleet.health(path, wait);
    const { commonDir } = await fleet.locate(coverage.root);
    const jobs = work.jobsOf(commonDir);
    const jobsRest = await work.restsBecause(commonDir);
    const reply = { ...coverage, jobs, jobsRest, overLimits: resources.overLimits() };
    return context.json(reply, 200);
  });

  const measurement = createRoute({
    method: "post",
    path: API_ROUTES.measurement,
    summary: "Keep how long `git status` took with gity and without",
    request: { body: body(schemas.statusMeasurementRequest) },
    responses: replies(schemas.nothing, "It is part of the worktree's health now"),
  });
  app.openapi(measurement, async (context) => {
    await fleet.keepMeasurement(context.req.valid("json"));
    return context.json({}, 200);
  });

  const changes = createRoute({
    method: "get",
    path: API_ROUTES.changes,
    summary: "Which paths changed since a token",
    description: "Without a token, or with one that is too old, the answer is `unknown`.",
    request: { query: schemas.changesQuery },
    responses: replies(schemas.changesReply, "What changed, and the next token"),
  });
  app.openapi(changes, async (context) => {
    const { path, since } = context.req.valid("query");
    return context.json(await fleet.changes(path, since ?? ""), 200);
  });
}

function addStatusRoutes(app: App, { statuses }: RouteOptions): void {
  const status = createRoute({
    method: "get",
    path: API_ROUTES.status,
    summary: "What `git status` says",
    description: "Of a registered worktree, as it is now.",
    request: { query: schemas.pathQuery },
    responses: replies(schemas.statusReport, "Branch, upstream and entries"),
  });
  app.openapi(status, async (context) => {
    return context.json(await statuses.read(context.req.valid("query").path), 200);
  });

  const ready = createRoute({
    method: "post",
    path: API_ROUTES.readyStatus,
    summary: "Have the ready-made status of a worktree renewed, and wait for it",
    description: "It is in a file, which `gity status` prints for as long as it holds.",
    request: { body: body(schemas.readyStatusRequest) },
    responses: replies(schemas.readyStatusReply, "Whether there is one"),
  });
  app.openapi(ready, async (context) => {
    return context.json(await statuses.renew(context.req.valid("json")), 200);
  });
}

function addJobRoutes(app: App, { work }: RouteOptions): void {
  const path = API_ROUTES.jobs;
  const jobs = createRoute({
    method: "get",
    path,
    summary: "Background work: what is to be done, and what was",
    description: "In the repository of a path, or all.",
    request: { query: schemas.jobsQuery },
    responses: replies(schemas.jobList, "Jobs that wait or run, and runs that have ended"),
  });
  app.openapi(jobs, async (context) => {
    const query = context.req.valid("query");
    return context.json(await work.list(query.path, query.limit), 200);
  });

  const queue = createRoute({
    method: "post",
    path,
    summary: "Have something done in the background",
    description: "What waits already is not done twice.",
    request: { body: body(schemas.jobRequest) },
    responses: replies(schemas.queuedJobs, "The jobs; how they end is told by events"),
  });
  app.openapi(queue, async (context) =>
    context.json(await work.queue(context.req.valid("json")), 200),
  );

  const cancel = createRoute({
    method: "delete",
    path,
    summary: "End a job, or have it never begun",
    request: { query: schemas.cancelQuery },
    responses: replies(schemas.cancelReply, "It has ended"),
  });
  app.openapi(cancel, async (context) =>
    context.json(await work.cancel(context.req.valid("query").id), 200),
  );
}

function addEventRoutes(app: App, { fleet, hub, follower }: RouteOptions): void {
  const events = createRoute({
    method: "get",
    path: API_ROUTES.events,
    summary: "What happens from now on, as server-sent events",
    description:
      "Each event has an id; with the last one in `since` or Last-Event-ID, what came after it is " +
      "told first. Where events were lost there is a `gap`.",
    request: { query: schemas.eventsQuery },
    responses: {
      ...replies(schemas.nothing, ""),
      200: {
        description: "One Event in the data of each",
        content: { "text/event-stream": { schema: schemas.gityEvent } },
      },
    },
  });
  app.openapi(events, async (context) => {
    const { path, kind, since } = context.req.valid("query");
    const interest: Interest = {
      kinds: kind === undefined ? undefined : new Set(kind),
      place: path === undefined ? undefined : await fleet.locate(path),
    };
    if (context.req.raw.method === "HEAD") {
      // Nobody reads what would be streamed, and nobody would end it.
      return context.body(null, 200, EVENT_HEADERS);
    }
    // No await up to the subscription: hundreds may be asking at once.
    if (hub.subscribers >= SUBSCRIBERS_MAX) {
      throw new GityError("INVALID_REQUEST", `${SUBSCRIBERS_MAX} listen already`, {
        hint: "one connection hears of all worktrees when it names no path",
      });
    }
    const lastId = since ?? context.req.header("last-event-id");
    const subscription = hub.subscribe(interest, lastId);
    // Who reads the first line may rely on it: what happens from now on is told.
    await follower.covers(interest);
    context.env.waitForEver();
    return eventStream(subscription, context.req.raw.signal);
  });
}

const LOG_LINES_TOLD = 100;

function addUpkeepRoutes(app: App, { fleet, readLogs, store, metrics }: RouteOptions): void {
  const logs = createRoute({
    method: "get",
    path: API_ROUTES.logs,
    summary: "What the daemon has logged",
    description: "About the repository of a path, or everything.",
    request: { query: schemas.logsQuery },
    responses: replies(schemas.logsReply, "The last lines"),
  });
  app.openapi(logs, async (context) => {
    const { path, limit = LOG_LINES_TOLD, ...rest } = context.req.valid("query");
    const place = path === undefined ? {} : { repositoryId: await fleet.repositoryIdOf(path) };
    return context.json({ lines: readLogs({ limit, ...withoutUndefined(rest), ...place }) }, 200);
  });

  const statistics = createRoute({
    method: "get",
    path: API_ROUTES.store,
    summary: "How large the store is",
    responses: replies(schemas.storeStatistics, "The store"),
  });
  app.openapi(statistics, (context) => context.json(store.statistics(), 200));

  const compact = createRoute({
    method: "post",
    path: API_ROUTES.compactStore,
    summary: "Give back what the store no longer needs",
    responses: replies(schemas.compactReply, "Before and after"),
  });
  app.openapi(compact, (context) => context.json(store.compact(), 200));

  const prune = createRoute({
    method: "post",
    path: API_ROUTES.pruneLogs,
    summary: "Remove older lines of the log",
    request: { body: body(schemas.pruneLogsRequest) },
    responses: replies(schemas.pruneLogsReply, "What is gone, and what is left"),
  });
  app.openapi(prune, (context) =>
    context.json(store.pruneLogs(context.req.valid("json").keepDays), 200),
  );

  const numbers = createRoute({
    method: "get",
    path: API_ROUTES.metrics,
    summary: "The daemon's numbers",
    responses: {
      ...replies(schemas.nothing, ""),
      200: {
        description: "In Prometheus' text format",
        content: { "text/plain": { schema: z.string() } },
      },
    },
  });
  app.openapi(numbers, async (context) =>
    context.text(await metrics(), 200, { "content-type": "text/plain; version=0.0.4" }),
  );
}

function withoutUndefined<Fields extends object>(
  fields: Fields,
): { readonly [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Made of what is defined.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    readonly [Name in keyof Fields]: Exclude<Fields[Name], undefined>;
  };
}
