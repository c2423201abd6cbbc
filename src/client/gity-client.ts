/**
 * The daemon's API as functions, over a transport of the caller's.
 */

import { GityError, isErrorCode } from "../base/errors.ts";
import {
  API_ROUTES,
  type CancelReply,
  type ChangesReply,
  type DaemonInfo,
  type DoctorReply,
  type ErrorReply,
  type GityEvent,
  type HealthReply,
  type JobList,
  type JobRequest,
  type LogsReply,
  type QueuedJobs,
  type ReadyStatusReply,
  type ReadyStatusRequest,
  type RegisterReply,
  type RegisterRequest,
  type RepositoryList,
  type StatusMeasurementRequest,
  type UnregisterReply,
} from "../protocol/api.ts";
import type { EventKind } from "../protocol/event-kinds.ts";
import type { LogLevel, LogLine } from "../protocol/log-line.ts";
import type { StatusReport } from "../protocol/status.ts";
import type { CompactReply, PruneLogsReply, StoreStatistics } from "../protocol/store-upkeep.ts";
import type { WorktreeState } from "../protocol/worktree-health.ts";
import type { JobsOutcome, RunJobsOptions } from "./job-runner.ts";
import type { ApiResponse, Transport } from "./transport.ts";

const OK = 200;

export interface Wait {
  /** Reply as soon as the state is another … */
  readonly leaving: WorktreeState;
  /** … or after this time. */
  readonly waitMs: number;
}

interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly route: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export interface EventQuestion {
  /** Any file or folder in a worktree; everything that is watched when left out. */
  readonly path?: string | undefined;
  /** All when left out. A gap is told in any case. */
  readonly kinds?: readonly (EventKind | "gap")[] | undefined;
  /** The id of the last event that was seen. */
  readonly since?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called when the connection was lost, and when it is back. */
  readonly onConnection?: ((isConnected: boolean) => void) | undefined;
}

export interface ChangesQuestion {
  /** A token of an earlier answer; from now on when left out. */
  readonly since?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface JobsQuestion {
  /** Any file or folder in a worktree; every repository when left out. */
  readonly path?: string | undefined;
  /** Of the runs that have ended. */
  readonly limit?: number | undefined;
}

/** A connection is made per call: they are few, and a daemon may come and go in between. `socket` is the
 *  transport's, for messages. */
export class GityClient {
  readonly #socket: string;
  readonly #transport: Transport;

  constructor(socket: string, transport: Transport) {
    this.#socket = socket;
    this.#transport = transport;
  }

  /** @throws GityError DAEMON_UNREACHABLE; so do all others, with the server's own codes */
  async daemonInfo(signal?: AbortSignal): Promise<DaemonInfo> {
    return this.#call({ method: "GET", route: API_ROUTES.daemon, signal });
  }

  async shutdown(): Promise<void> {
    await this.#call({ method: "POST", route: API_ROUTES.shutdown });
  }

  async list(): Promise<RepositoryList> {
    return this.#call({ method: "GET", route: API_ROUTES.repositories });
  }

  async register(request: RegisterRequest): Promise<RegisterReply> {
    return this.#call({ method: "POST", route: API_ROUTES.repositories, body: request });
  }

  /** Has a worktree watched that the daemon does not know yet. One of a registered repository is found by itself, a
   *  moment later; any other is watched until it goes. */
  async adopt(path: string, signal?: AbortSignal): Promise<void> {
    await this.#call({ method: "POST", route: API_ROUTES.adopt, body: { path }, signal });
  }

  async doctor(question: {
    readonly path?: string;
    readonly searchPath: string;
  }): Promise<DoctorReply> {
    return this.#call({ method: "GET", route: API_ROUTES.doctor, parameters: question });
  }

  /** @throws GityError NOT_REGISTERED when a path is given that is in none */
  async logs(question: {
    readonly path?: string | undefined;
    readonly level?: LogLevel | undefined;
    readonly limit?: number | undefined;
    readonly beforeId?: number | undefined;
  }): Promise<readonly LogLine[]> {
    const reply: LogsReply = await this.#call({
      method: "GET",
      route: API_ROUTES.logs,
      parameters: parametersOf(question),
    });
    return reply.lines;
  }

  /** In Prometheus' text format. */
  async metrics(): Promise<string> {
    const { status, text } = await this.#exchange({ method: "GET", route: API_ROUTES.metrics });
    if (status !== OK) {
      throw errorFromReply(status, text);
    }
    return text;
  }

  async storeStatistics(): Promise<StoreStatistics> {
    return this.#call({ method: "GET", route: API_ROUTES.store });
  }

  async compactStore(): Promise<CompactReply> {
    return this.#call({ method: "POST", route: API_ROUTES.compactStore });
  }

  async pruneLogs(keepDays: number): Promise<PruneLogsReply> {
    return this.#call({ method: "POST", route: API_ROUTES.pruneLogs, body: { keepDays } });
  }

  async unregister(path: string): Promise<UnregisterReply> {
    return this.#call({
      method: "DELETE",
      route: API_ROUTES.repositories,
      parameters: { path },
    });
  }

  async health(path: string, wait?: Wait, signal?: AbortSignal): Promise<HealthReply> {
    const waiting =
      wait === undefined ? {} : { leaving: wait.leaving, waitMs: String(wait.waitMs) };
    return this.#call({
      method: "GET",
      route: API_ROUTES.health,
      parameters: { path, ...waiting },
      signal,
    });
  }

  /** Of a worktree that is not registered nothing is kept. @throws GityError NOT_REGISTERED for one that
   *  is not watched either */
  async keepMeasurement(request: StatusMeasurementRequest): Promise<void> {
    await this.#call({ method: "POST", route: API_ROUTES.measurement, body: request });
  }

  /** Background work: what waits or runs, and what has ended. @throws GityError NOT_REGISTERED */
  async jobs(question: JobsQuestion = {}): Promise<JobList> {
    return this.#call({
      method: "GET",
      route: API_ROUTES.jobs,
      parameters: parametersOf(question),
    });
  }

  /** Returns when they wait; how they end is told by events. @throws GityError NOT_REGISTERED */
  async queueJobs(request: JobRequest): Promise<QueuedJobs> {
    return this.#call({ method: "POST", route: API_ROUTES.jobs, body: request });
  }

  /** Returns when it has ended. */
  async cancelJob(id: number): Promise<CancelReply> {
    return this.#call({
      method: "DELETE",
      route: API_ROUTES.jobs,
      parameters: { id: String(id) },
    });
  }

  /** Queues jobs, and waits for their end; the signal's abort cancels them. @throws GityError */
  async runJobs(request: JobRequest, options: RunJobsOptions = {}): Promise<JobsOutcome> {
    const { runJobs } = await import("./job-runner.ts");
    return runJobs(this, request, options);
  }

  /**
   * Has the ready-made status of a worktree renewed (protocol/ready-status.ts) where it is not what it would be
   * now, and returns when it is, or when the time is up. @throws GityError NOT_REGISTERED
   */
  async renewStatus(request: ReadyStatusRequest, signal?: AbortSignal): Promise<ReadyStatusReply> {
    return this.#call({ method: "POST", route: API_ROUTES.readyStatus, body: request, signal });
  }

  /** What `git status` says. @throws GityError NOT_AVAILABLE from a daemon of this version */
  async status(path: string): Promise<StatusReport> {
    return this.#call({ method: "GET", route: API_ROUTES.status, parameters: { path } });
  }

  async changes(path: string, since?: string, signal?: AbortSignal): Promise<ChangesReply> {
    return this.#call({
      method: "GET",
      route: API_ROUTES.changes,
      parameters: since === undefined ? { path } : { path, since },
      signal,
    });
  }

  /**
   * What happens from now on, or from after an event that was seen. Goes on when the daemon was restarted;
   * ends when the signal is aborted. Where events were lost there is one of the kind `gap`.
   *
   * @throws GityError when it cannot begin
   */
  async *events(question: EventQuestion = {}): AsyncGenerator<GityEvent, void> {
    const { path, kinds, signal, since, onConnection } = question;
    // Most commands need none of it.
    const { readEvents } = await import("./event-reader.ts");
    yield* readEvents({
      signal,
      since,
      onConnection,
      open: async (lastId) => {
        const parameters = {
          ...(path === undefined ? {} : { path }),
          ...(kinds === undefined ? {} : { kind: kinds.join(",") }),
          ...(lastId === undefined ? {} : { since: lastId }),
        };
        const response = await this.#send({
          method: "GET",
          route: API_ROUTES.events,
          parameters,
          signal,
        });
        if (response.status !== OK) {
          throw errorFromReply(response.status, await response.text());
        }
        return response;
      },
    });
  }

  /**
   * What changed since a token, each time something has: exact, also across restarts of the daemon and of
   * the caller, who keeps the token of the last answer. `unknown` means that anything may have changed.
   * Ends when the signal is aborted.
   *
   * @throws GityError when it cannot begin
   */
  async *changesSince(
    path: string,
    question: ChangesQuestion = {},
  ): AsyncGenerator<ChangesReply, void> {
    const { readChanges } = await import("./change-reader.ts");
    yield* readChanges(this, path, question);
  }

  async #call<Reply>(call: Call): Promise<Reply> {
    const { status, text } = await this.#exchange(call);
    if (status !== OK) {
      throw errorFromReply(status, text);
    }
    // Whoever answers on this socket is this user's own daemon: its word is taken.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return JSON.parse(text) as Reply;
  }

  async #exchange(call: Call): Promise<{ readonly status: number; readonly text: string }> {
    const response = await this.#send(call);
    const { status } = response;
    return { status, text: await this.#orUnreachable(call.signal, () => response.text()) };
  }

  async #send({ method, route, parameters = {}, body, signal }: Call): Promise<ApiResponse> {
    const query = new URLSearchParams(parameters).toString();
    return this.#orUnreachable(signal, () =>
      this.#transport({
        method,
        target: query === "" ? route : `${route}?${query}`,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
      }),
    );
  }

  async #orUnreachable<Value>(
    signal: AbortSignal | undefined,
    step: () => Promise<Value>,
  ): Promise<Value> {
    try {
      return await step();
    } catch (error) {
      if (signal?.aborted === true) {
        throw new GityError("INTERRUPTED", "interrupted", { cause: error });
      }
      if (error instanceof GityError) {
        throw error;
      }
      throw new GityError("DAEMON_UNREACHABLE", `cannot reach the daemon at '${this.#socket}'`, {
        cause: error,
      });
    }
  }
}

function parametersOf(question: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(question)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)] as const),
  );
}

/** @throws nothing: what is not one of our replies becomes DAEMON_FAILED */
function errorFromReply(status: number, text: string): GityError {
  const error = parseErrorReply(text)?.error;
  if (error === undefined || !isErrorCode(error.code)) {
    return new GityError("DAEMON_FAILED", `the daemon answered with status ${status}`);
  }
  return new GityError(error.code, error.message, error.hint === null ? {} : { hint: error.hint });
}

function parseErrorReply(text: string): ErrorReply | undefined {
  try {
    const reply: unknown = JSON.parse(text);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- As above.
    return hasError(reply) ? (reply as ErrorReply) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

function hasError(reply: unknown): reply is { readonly error: object } {
  return (
    typeof reply === "object" &&
    reply !== null &&
    "error" in reply &&
    typeof reply.error === "object" &&
    reply.error !== null
  );
}
