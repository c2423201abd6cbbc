/**
 * The daemon's HTTP API: routes, and the shapes that cross it, as types. The shapes themselves are in
 * protocol/schemas.ts, which only the daemon loads.
 *
 * Paths of files inside a worktree are bytes. Where they are valid UTF-8 they travel as a string,
 * elsewhere as `{ "base64": … }`, so that nothing is lost in JSON.
 */

import type { z } from "@hono/zod-openapi";

import type * as schemas from "./schemas.ts";

export const API_ROUTES = {
  /** GET: DaemonInfo. */
  daemon: "/v1/daemon",
  /** POST: ends the daemon after the reply. */
  shutdown: "/v1/shutdown",
  /** GET: RepositoryList. POST RegisterRequest: RegisterReply. DELETE ?path=: UnregisterReply. */
  repositories: "/v1/repositories",
  /** POST PathRequest: {}. Watches a worktree nobody registered, until it goes. */
  adopt: "/v1/worktrees/adopt",
  /** GET ?path=[&leaving=STATE&waitMs=N]: HealthReply. */
  health: "/v1/worktrees/health",
  /** POST StatusMeasurementRequest: {}. Keeps it in the place of the last one. */
  measurement: "/v1/worktrees/measurement",
  /** GET ?path=[&since=TOKEN]: ChangesReply. */
  changes: "/v1/worktrees/changes",
  /** GET ?path=: StatusReport. */
  status: "/v1/worktrees/status",
  /** POST ReadyStatusRequest: ReadyStatusReply. Has the ready-made status renewed, and waits for it. */
  readyStatus: "/v1/worktrees/ready-status",
  /** GET [?path=][&limit=]: JobList. POST JobRequest: QueuedJobs. DELETE ?id=: CancelReply. */
  jobs: "/v1/jobs",
  /** GET [?path=][&searchPath=]: DoctorReply. */
  doctor: "/v1/doctor",
  /** GET [?path=][&kind=KIND,…][&since=ID]: server-sent GityEvents. */
  events: "/v1/events",
  /** GET [?path=][&level=][&limit=][&beforeId=]: LogsReply. */
  logs: "/v1/logs",
  /** GET: StoreStatistics. */
  store: "/v1/store",
  /** POST {}: CompactReply. */
  compactStore: "/v1/store/compact",
  /** POST PruneLogsRequest: PruneLogsReply. */
  pruneLogs: "/v1/store/prune-logs",
  /** GET: the daemon's numbers, in Prometheus' text format. */
  metrics: "/metrics",
  /** GET: this API, described (OpenAPI 3.1). */
  openapi: "/openapi.json",
} as const;

export type DaemonInfo = z.infer<typeof schemas.daemonInfo>;
/** `path`: absolute; any file or folder inside the worktree. */
export type PathRequest = z.infer<typeof schemas.pathRequest>;
export type ReadyStatusRequest = z.infer<typeof schemas.readyStatusRequest>;
export type ReadyStatusReply = z.infer<typeof schemas.readyStatusReply>;
export type RegisterRequest = z.infer<typeof schemas.registerRequest>;
export type WorktreeInfo = z.infer<typeof schemas.worktreeInfo>;
export type RepositoryInfo = z.infer<typeof schemas.repositoryInfo>;
export type RepositoryList = z.infer<typeof schemas.repositoryList>;
export type RegisterReply = z.infer<typeof schemas.registerReply>;
export type UnregisterReply = z.infer<typeof schemas.unregisterReply>;
export type StatusMeasurement = z.infer<typeof schemas.statusMeasurement>;
export type StatusMeasurementRequest = z.infer<typeof schemas.statusMeasurementRequest>;
export type HealthReply = z.infer<typeof schemas.healthReply>;
export type JobRequest = z.infer<typeof schemas.jobRequest>;
export type JobInfo = z.infer<typeof schemas.jobInfo>;
export type JobRun = z.infer<typeof schemas.jobRun>;
export type JobList = z.infer<typeof schemas.jobList>;
export type QueuedJobs = z.infer<typeof schemas.queuedJobs>;
export type CancelReply = z.infer<typeof schemas.cancelReply>;
export type PathValue = z.infer<typeof schemas.pathValue>;
export type ChangesReply = z.infer<typeof schemas.changesReply>;
/** What only the daemon knows; see protocol/doctor.ts. */
export type DoctorReply = z.infer<typeof schemas.doctorReply>;
export type ErrorReply = z.infer<typeof schemas.errorReply>;
export type LogsReply = z.infer<typeof schemas.logsReply>;
export type GityEvent = z.infer<typeof schemas.gityEvent>;
