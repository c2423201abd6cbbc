/**
 * Reading what a request to the API says, and refusing what it must not say.
 *
 * Every failure here is the caller's: INVALID_REQUEST with the reason.
 */

import { GityError } from "../base/errors.ts";
import { API_BODY_BYTES_MAX, HEALTH_WAIT_MS_MAX, PATH_BYTES_MAX } from "../base/limits.ts";
import type { RegisterRequest } from "../protocol/api.ts";
import { WANTED_WAYS } from "../protocol/way.ts";
import type { WorktreeState } from "../protocol/worktree-health.ts";

const STATES: readonly WorktreeState[] = ["crawling", "catching-up", "ready", "degraded"];

/** The `path` of a POST. @throws GityError INVALID_REQUEST */
export async function readPathRequest(request: Request): Promise<string> {
  return checkPath((await readObject(request)).path);
}

/** @throws GityError INVALID_REQUEST */
export async function readRegisterRequest(request: Request): Promise<RegisterRequest> {
  const body = await readObject(request);
  const { via, searchPath } = body;
  if (via !== undefined && !isOneOf(WANTED_WAYS, via)) {
    throw invalid(`"via" must be one of ${WANTED_WAYS.join(", ")}`);
  }
  if (searchPath !== undefined && typeof searchPath !== "string") {
    throw invalid(`"searchPath" must be a string`);
  }
  return {
    path: checkPath(body.path),
    ...(via === undefined ? {} : { via }),
    ...(searchPath === undefined ? {} : { searchPath }),
  };
}

/** @throws GityError INVALID_REQUEST */
export function pathParameter(url: URL): string {
  return checkPath(url.searchParams.get("path"));
}

/** `leaving=STATE&waitMs=N`, both or none. @throws GityError INVALID_REQUEST */
export function waitParameters(
  url: URL,
): { readonly leaving: WorktreeState; readonly waitMs: number } | undefined {
  const leavingText = url.searchParams.get("leaving");
  const waitText = url.searchParams.get("waitMs");
  if (leavingText === null && waitText === null) {
    return undefined;
  }
  const leaving = STATES.find((state) => state === leavingText);
  if (leaving === undefined) {
    throw invalid(`"leaving" must be one of ${STATES.join(", ")}`);
  }
  const waitMs = /^\d{1,9}$/.test(waitText ?? "") ? Number(waitText) : undefined;
  if (waitMs === undefined) {
    throw invalid(`"waitMs" must be a number of milliseconds`);
  }
  return { leaving, waitMs: Math.min(waitMs, HEALTH_WAIT_MS_MAX) };
}

async function readObject(request: Request): Promise<{
  readonly path: unknown;
  readonly via?: unknown;
  readonly searchPath?: unknown;
}> {
  const body = parseJson(await readBody(request));
  if (typeof body !== "object" || body === null || !("path" in body)) {
    throw invalid(`the body must be an object with "path"`);
  }
  return body;
}

function isOneOf<const Word extends string>(words: readonly Word[], word: unknown): word is Word {
  return words.some((known) => known === word);
}

function checkPath(path: unknown): string {
  if (typeof path !== "string" || !path.startsWith("/") || path.includes("\0")) {
    throw invalid(`"path" must be an absolute path`);
  }
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    throw invalid(`"path" is longer than ${PATH_BYTES_MAX} bytes`);
  }
  return path;
}

/** Counted while it arrives: the length a client announces is its own claim. */
async function readBody(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of request.body ?? []) {
    byteCount += chunk.length;
    if (byteCount > API_BODY_BYTES_MAX) {
      throw invalid(`the body is longer than ${API_BODY_BYTES_MAX} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw invalid("the body is not JSON");
    }
    throw error;
  }
}

function invalid(message: string): GityError {
  return new GityError("INVALID_REQUEST", message);
}
