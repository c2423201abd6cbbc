/**
 * A transport whose first answer is the proof that there is a daemon, and one that will do: to ask for that
 * beforehand would be a question more, and as dear as the one that a command is about.
 */

import { DAEMON_PROMPT_MS_MAX } from "../base/limits.ts";
import { type BuildInfo, isOlderBuild, parseBuild } from "../protocol/build.ts";
import type { ApiCall, ApiResponse, Transport } from "./transport.ts";

export interface Proof {
  /** What asks; an older daemon will not do. */
  readonly build: BuildInfo;
  /** Sees to it that there is a daemon that will do. Called once at most. @throws GityError */
  readonly prove: () => Promise<void>;
}

/** Only questions that change nothing are asked unproven: they may have to be asked again. */
export function provenTransport(transport: Transport, { build, prove }: Proof): Transport {
  let isProven = false;
  let proving: Promise<void> | undefined;
  return async (call) => {
    if (isProven) {
      return transport(call);
    }
    const response = call.method === "GET" ? await askPromptly(transport, call, build) : undefined;
    if (response === undefined) {
      proving ??= prove();
      await untilAborted(proving, call.signal);
    }
    isProven = true;
    return response ?? transport(call);
  };
}

/** Undefined when there was no answer within DAEMON_PROMPT_MS_MAX, or one of an older daemon. */
async function askPromptly(
  transport: Transport,
  call: ApiCall,
  build: BuildInfo,
): Promise<ApiResponse | undefined> {
  const ending = new AbortController();
  const signal =
    call.signal === undefined ? ending.signal : AbortSignal.any([call.signal, ending.signal]);
  const end = (): void => {
    ending.abort();
  };
  const timer = setTimeout(end, DAEMON_PROMPT_MS_MAX);
  try {
    const response = await transport({ ...call, signal });
    const theirs = parseBuild(response.build);
    if (theirs !== undefined && !isOlderBuild(theirs, build)) {
      return response;
    }
    end();
    return undefined;
  } catch (error) {
    if (call.signal?.aborted === true || !(error instanceof Error)) {
      throw error;
    }
    // Nobody is there, or does not answer: which of the two, and what then, is for prove() to find out.
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects as soon as the signal is aborted: the work goes on by itself. */
async function untilAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) {
    return work;
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    reject(signal.reason);
  };
  signal.addEventListener("abort", abort);
  if (signal.aborted) {
    abort();
  }
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
