/**
 * The daemon's API as functions. Uses nothing but fetch over the Unix socket.
 */

import { GityError, isErrorCode } from "../base/errors.ts";
import {
  API_ROUTES,
  type ChangesReply,
  type DaemonInfo,
  type DoctorReply,
  type ErrorReply,
  type HealthReply,
  type RegisterReply,
  type RegisterRequest,
  type RepositoryList,
  type UnregisterReply,
} from "../protocol/api.ts";
import type { WorktreeState } from "../protocol/worktree-health.ts";

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

interface RawReply {
  readonly isOk: boolean;
  readonly status: number;
  readonly text: string;
}

/** A connection is made per call: they are few, and a daemon may come and go in between. */
export class GityClient {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
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

  async doctor(question: {
    readonly path?: string;
    readonly searchPath: string;
  }): Promise<DoctorReply> {
    return this.#call({ method: "GET", route: API_ROUTES.doctor, parameters: question });
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

  async changes(path: string, since?: string): Promise<ChangesReply> {
    return this.#call({
      method: "GET",
      route: API_ROUTES.changes,
      parameters: since === undefined ? { path } : { path, since },
    });
  }

  async #call<Reply>(call: Call): Promise<Reply> {
    const { isOk, status, text } = await this.#fetch(call);
    if (!isOk) {
      throw errorFromReply(status, text);
    }
    // Whoever answers on this socket is this user's own daemon: its word is taken.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return JSON.parse(text) as Reply;
  }

  async #fetch({ method, route, parameters = {}, body, signal }: Call): Promise<RawReply> {
    const url = new URL(route, "http://gity");
    url.search = new URLSearchParams(parameters).toString();
    try {
      const response = await fetch(url, {
        unix: this.#socket,
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
        ...(signal === undefined ? {} : { signal }),
      });
      return { isOk: response.ok, status: response.status, text: await response.text() };
    } catch (error) {
      if (signal?.aborted === true) {
        throw new GityError("INTERRUPTED", "interrupted", { cause: error });
      }
      throw new GityError("DAEMON_UNREACHABLE", `cannot reach the daemon at '${this.#socket}'`, {
        cause: error,
      });
    }
  }
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
