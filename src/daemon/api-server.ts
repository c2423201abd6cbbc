/**
 * The HTTP API on the Unix socket in gity's home: routes, and failures as JSON.
 *
 * Whoever can open the socket may do everything; that only this user can is the folder's and the
 * socket's mode. No request ends the daemon, except the one that asks for it.
 */

import { chmodSync, lstatSync, rmSync, unlinkSync } from "node:fs";

import { BugError } from "../base/assert.ts";
import { type ErrorCode, GityError } from "../base/errors.ts";
import { API_ROUTES, type DaemonInfo, type ErrorReply } from "../protocol/api.ts";
import {
  pathParameter,
  readPathRequest,
  readRegisterRequest,
  waitParameters,
} from "./api-request.ts";
import { examine } from "./doctor.ts";
import type { Fleet } from "./fleet.ts";
import type { Log } from "./log-file.ts";

export interface ApiServerOptions {
  readonly socket: string;
  readonly fleet: Fleet;
  readonly log: Log;
  readonly info: () => DaemonInfo;
  readonly onShutdown: () => void;
  /** Somebody asks for something. */
  readonly onRequest?: () => void;
  /** A broken invariant: the process must not go on. */
  readonly onBug: (error: BugError) => void;
}

type Route = (request: Request, url: URL) => Promise<unknown>;
type Method = "GET" | "POST" | "DELETE";
type Routes = Readonly<Record<string, Partial<Record<Method, Route>>>>;

/** A backstop; api-request.ts refuses smaller bodies, in words. */
const BODY_BYTES_MAX = 1 << 20;

/** Seconds without a byte, longer than the longest wait of a health request. */
const IDLE_TIMEOUT_S = 60;

/** How long answers that are on their way may take once the daemon ends. */
const FAREWELL_MS = 300;

const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  INVALID_REQUEST: 400,
  PERMISSION_DENIED: 403,
  NOT_REGISTERED: 404,
  CONFIGURATION_LOCKED: 409,
  NOT_A_REPOSITORY: 422,
  BARE_REPOSITORY: 422,
  UNSUPPORTED_FILE_SYSTEM: 422,
  UNSUPPORTED_PATH: 422,
  UNSUPPORTED_GIT: 422,
};

export class ApiServer implements AsyncDisposable {
  readonly #options: ApiServerOptions;
  readonly #routes: Routes;
  readonly #server: Bun.Server<undefined>;

  /** The instance lock must be held: a socket that is there is a dead daemon's. */
  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#routes = routesOf(options);
    removeStaleSocket(options.socket);
    // bind(2) creates the socket with the mode the umask leaves: never wider, not for a moment.
    // The umask is put back because git must create files as the user wants them.
    const umask = process.umask(0o177);
    try {
      this.#server = Bun.serve({
        unix: options.socket,
        maxRequestBodySize: BODY_BYTES_MAX,
        fetch: (request) => this.#respond(request),
        error: (error) => this.#failure(error),
      });
    } finally {
      process.umask(umask);
    }
    chmodSync(options.socket, 0o600);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FAREWELL_MS);
    await Promise.race([this.#server.stop(false), late]);
    clearTimeout(timer);
    await this.#server.stop(true);
    rmSync(this.#options.socket, { force: true });
  }

  async #respond(request: Request): Promise<Response> {
    this.#server.timeout(request, IDLE_TIMEOUT_S);
    this.#options.onRequest?.();
    try {
      const url = new URL(request.url);
      const methods = Object.hasOwn(this.#routes, url.pathname)
        ? this.#routes[url.pathname]
        : undefined;
      if (methods === undefined) {
        return errorResponse(
          404,
          new GityError("INVALID_REQUEST", `no such route: ${url.pathname}`),
        );
      }
      const route = isMethod(request.method) ? methods[request.method] : undefined;
      if (route === undefined) {
        const allow = Object.keys(methods).join(", ");
        const error = new GityError("INVALID_REQUEST", `use ${allow} for ${url.pathname}`);
        return errorResponse(405, error, { allow });
      }
      return Response.json(await route(request, url));
    } catch (error) {
      return this.#failure(error);
    }
  }

  #failure(error: unknown): Response {
    if (error instanceof GityError) {
      return errorResponse(STATUS_OF[error.code] ?? 500, error);
    }
    if (error instanceof BugError) {
      this.#options.onBug(error);
    }
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log.write("error", "a request failed in an unforeseen way", { stack });
    return errorResponse(
      500,
      new GityError("DAEMON_FAILED", "the request failed inside the daemon"),
    );
  }
}

function routesOf({ fleet, info, onShutdown }: ApiServerOptions): Routes {
  return {
    [API_ROUTES.daemon]: { GET: async () => info() },
    [API_ROUTES.shutdown]: {
      POST: async () => {
        // After the reply is on its way.
        setImmediate(onShutdown);
        return {};
      },
    },
    [API_ROUTES.repositories]: {
      GET: async () => ({ repositories: fleet.list() }),
      POST: async (request) => fleet.register(await readRegisterRequest(request)),
      DELETE: async (_request, url) => fleet.unregister(pathParameter(url)),
    },
    [API_ROUTES.adopt]: {
      POST: async (request) => {
        await fleet.adopt(await readPathRequest(request));
        return {};
      },
    },
    [API_ROUTES.health]: {
      GET: async (_request, url) => fleet.health(pathParameter(url), waitParameters(url)),
    },
    [API_ROUTES.doctor]: {
      GET: async (_request, url) =>
        examine(fleet, {
          path: url.searchParams.has("path") ? pathParameter(url) : undefined,
          searchPath: url.searchParams.get("searchPath") ?? undefined,
        }),
    },
    [API_ROUTES.changes]: {
      GET: async (_request, url) =>
        fleet.changes(pathParameter(url), url.searchParams.get("since") ?? ""),
    },
  };
}

function isMethod(method: string): method is Method {
  return method === "GET" || method === "POST" || method === "DELETE";
}

function errorResponse(
  status: number,
  error: GityError,
  headers: Record<string, string> = {},
): Response {
  const { code, message, hint } = error;
  const reply: ErrorReply = { error: { code, message, hint: hint ?? null } };
  return Response.json(reply, { status, headers });
}

function removeStaleSocket(path: string): void {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) {
    return;
  }
  if (!present.isSocket()) {
    throw new GityError("DAEMON_FAILED", `cannot listen on '${path}': a file is in the way`, {
      hint: "remove it",
    });
  }
  unlinkSync(path);
}
