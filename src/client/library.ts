/**
 * `gity/client`: what programs use to ask the daemon. Works in Bun, and in Node from 20 on.
 *
 *     import { connect } from "gity/client";
 *
 *     const gity = connect();
 *     for await (const { kind, paths } of gity.changesSince("/path/to/worktree")) { … }
 *
 * docs: README, "For programs".
 */

import { homeLayout } from "../base/home.ts";
import { GityError } from "../base/errors.ts";
import { GityClient } from "./gity-client.ts";
import { nodeTransport } from "./node-transport.ts";

export { GityError, type ErrorCode } from "../base/errors.ts";
export type {
  CancelReply,
  ChangesReply,
  DaemonInfo,
  GityEvent,
  HealthReply,
  JobInfo,
  JobList,
  JobRequest,
  JobRun,
  PathValue,
  QueuedJobs,
  RegisterReply,
  RegisterRequest,
  RepositoryInfo,
  RepositoryList,
  UnregisterReply,
  WorktreeInfo,
} from "../protocol/api.ts";
export type { EventKind } from "../protocol/event-kinds.ts";
export type {
  JobOrigin,
  JobProgress,
  JobState,
  JobTask,
  MaintenanceTask,
  RunOutcome,
} from "../protocol/job.ts";
export type { StatusReport } from "../protocol/status.ts";
export type { WorktreeState } from "../protocol/worktree-health.ts";
export type {
  ChangesQuestion,
  EventQuestion,
  GityClient,
  JobsQuestion,
  Wait,
} from "./gity-client.ts";
export type { JobsOutcome, RunJobsOptions } from "./job-runner.ts";

export interface ConnectOptions {
  /** gity's home; GITY_HOME, or `~/.gity`, when left out. */
  readonly home?: string;
}

/**
 * A client for this user's daemon. Does not connect before its first call, and starts no daemon: without
 * one every call fails with DAEMON_UNREACHABLE.
 *
 * @throws GityError UNSUPPORTED_PATH when there is no home to be found
 */
export function connect({ home }: ConnectOptions = {}): GityClient {
  const layout = homeLayout({
    GITY_HOME: home ?? process.env["GITY_HOME"],
    HOME: process.env["HOME"],
  });
  if (layout === undefined) {
    throw new GityError("UNSUPPORTED_PATH", "cannot tell where gity's home is", {
      hint: "set GITY_HOME to an absolute path",
    });
  }
  return new GityClient(layout.socket, nodeTransport(layout.socket));
}
