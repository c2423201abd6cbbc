/**
 * The API as an application: what every request goes through, and failures as JSON. Where it listens is
 * server.ts, what it answers routes.ts.
 *
 * No request ends the daemon, except the one that asks for it.
 */

import { OpenAPIHono, type Hook } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";

import { BugError } from "../../base/assert.ts";
import { type ErrorCode, GityError } from "../../base/errors.ts";
import { API_BODY_BYTES_MAX } from "../../base/limits.ts";
import { API_ROUTES, type ErrorReply } from "../../protocol/api.ts";
import { BUILD_HEADER, type BuildInfo, formatBuild } from "../../protocol/build.ts";
import type { Log } from "../log-file.ts";
import { addRoutes, type RouteOptions } from "./routes.ts";
import type { TcpGuard } from "./tcp-guard.ts";

export interface ApiAppOptions extends RouteOptions {
  readonly log: Log;
  readonly build: BuildInfo;
  /** Undefined: nobody can ask on TCP. */
  readonly guard?: TcpGuard | undefined;
  /** A broken invariant: the process must not go on. */
  readonly onBug: (error: BugError) => void;
}

/** What the server knows of a request beside the request. */
export interface RequestContext {
  readonly way: "unix" | "tcp";
  /** It may go on without a byte for as long as it likes. */
  readonly waitForEver: () => void;
}

export interface ApiEnvironment {
  Bindings: RequestContext;
}

export interface ApiApp {
  readonly fetch: (request: Request, context: RequestContext) => Response | Promise<Response>;
  /** A failure that no request has caught. */
  readonly failure: (error: unknown) => Response;
  /** openapi.json. */
  readonly describe: () => unknown;
}

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
  NOT_AVAILABLE: 501,
};

export function createApp(options: ApiAppOptions): ApiApp {
  const build = formatBuild(options.build);
  const app = new OpenAPIHono<ApiEnvironment>({ defaultHook: refuseInvalid });
  app.use(async (context, next) => {
    const refusal = context.env.way === "tcp" ? refuse(options.guard, context.req.raw) : undefined;
    if (refusal !== undefined) {
      return refusal;
    }
    await next();
    context.header(BUILD_HEADER, build);
    return undefined;
  });
  app.use(
    bodyLimit({
      maxSize: API_BODY_BYTES_MAX,
      onError: () =>
        errorResponse(413, invalid(`the body is longer than ${API_BODY_BYTES_MAX} bytes`)),
    }),
  );
  addRoutes(app, options);
  const describe = (): object =>
    app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: { title: "gity", version: options.build.version, description: DESCRIPTION },
    });
  app.get(API_ROUTES.openapi, (context) => context.json(describe()));
  app.notFound(({ req }) => notFound(app, req.method, req.path));
  const failure = (error: unknown): Response => failureResponse(options, error);
  app.onError((error, { req }) =>
    isCutOff(error, req.raw)
      ? errorResponse(400, invalid("the request was cut off"))
      : failure(error),
  );
  return { fetch: (request, context) => app.fetch(request, context), failure, describe };
}

const DESCRIPTION =
  "The daemon's API, on the Unix socket `run/gity.sock` in gity's home; for example " +
  "`curl --unix-socket ~/.gity/run/gity.sock http://gity/v1/daemon`. Failures are JSON with a code, a " +
  "message and a hint.";

/** What is wrong with a request, in the words of the schema. */
const refuseInvalid: Hook<unknown, ApiEnvironment, string, unknown> = (result) => {
  if (result.success) {
    return undefined;
  }
  const [issue] = result.error.issues;
  if (issue === undefined) {
    throw invalid("the request is not valid");
  }
  if (issue.code === "unrecognized_keys") {
    throw invalid(`unknown ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`);
  }
  const [field] = issue.path;
  const isNamed = field === undefined || issue.message.includes(`"${String(field)}"`);
  throw invalid(isNamed ? issue.message : `"${String(field)}": ${issue.message}`);
};

function refuse(guard: TcpGuard | undefined, request: Request): Response | undefined {
  const refusal = guard === undefined ? NOBODY : guard.refuses(request);
  if (refusal === undefined) {
    return undefined;
  }
  const { status, reason } = refusal;
  const error = new GityError("PERMISSION_DENIED", reason, {
    hint: "send 'Authorization: Bearer TOKEN'; the token is in data/api-token in gity's home",
  });
  return errorResponse(status, error, status === 401 ? { "www-authenticate": "Bearer" } : {});
}

const NOBODY = { status: 403, reason: "nobody may ask on this address" } as const;

function notFound(app: OpenAPIHono<ApiEnvironment>, method: string, path: string): Response {
  const methods = new Set(
    app.routes
      .filter((route) => route.path === path && route.method !== "ALL")
      .map((r) => r.method),
  );
  if (methods.size === 0) {
    return errorResponse(404, invalid(`no such route: ${path}`));
  }
  const allow = [...methods].join(", ");
  return errorResponse(405, invalid(`use ${allow} for ${path}, not ${method}`), { allow });
}

function failureResponse({ log, onBug }: ApiAppOptions, error: unknown): Response {
  if (error instanceof GityError) {
    return errorResponse(STATUS_OF[error.code] ?? 500, error);
  }
  if (error instanceof HTTPException) {
    return errorResponse(error.status, invalid(ofHttp(error)));
  }
  if (error instanceof BugError) {
    onBug(error);
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log.write("error", "a request failed in an unforeseen way", { stack });
  return errorResponse(500, new GityError("DAEMON_FAILED", "the request failed inside the daemon"));
}

/** He went in the middle of the body. Nobody reads the answer, and it is nothing to be logged. */
function isCutOff(error: Error, { signal }: Request): boolean {
  return signal.aborted && error.name === "AbortError";
}

function ofHttp({ status, message }: HTTPException): string {
  return status === 415 ? "the body must be application/json" : message.toLowerCase();
}

function invalid(message: string): GityError {
  return new GityError("INVALID_REQUEST", message, {
    hint: `the API is described at ${API_ROUTES.openapi}`,
  });
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
