/**
 * What changed in a worktree, as a client reads it: again and again, each time from where it left off.
 *
 * Events only ring; what changed is asked for with the last token, so nothing is lost with an event, a
 * connection or a daemon. After a restart of the daemon what had just changed may be told once more.
 */

import { GityError } from "../base/errors.ts";
import { HEALTH_WAIT_MS_MAX } from "../base/limits.ts";
import type { ChangesReply } from "../protocol/api.ts";
import { Bell } from "./bell.ts";
import type { ChangesQuestion, GityClient } from "./gity-client.ts";

type Client = Pick<GityClient, "events" | "changes" | "health">;

/** What makes it worth to ask; a gap does in any case. */
const KINDS = ["changes", "ready", "degraded"] as const;

/** @throws GityError when it cannot begin, or the worktree is no longer registered */
export async function* readChanges(
  client: Client,
  path: string,
  { since, signal }: ChangesQuestion,
): AsyncGenerator<ChangesReply, void> {
  const bell = new Bell(client, { path, kinds: KINDS, signal });
  try {
    await bell.isHung;
    let token = since ?? (await client.changes(path, undefined, signal)).token;
    let mayHaveChanged = since !== undefined;
    while (mayHaveChanged || (await bell.rings())) {
      mayHaveChanged = false;
      const reply = await answerOf(client, { path, token, signal });
      if (reply !== undefined) {
        ({ token } = reply);
      }
      if (reply !== undefined && (reply.kind === "unknown" || reply.paths.length > 0)) {
        yield reply;
      }
    }
  } catch (error) {
    if (signal?.aborted !== true) {
      throw error;
    }
  } finally {
    await bell.takeDown();
  }
}

/**
 * Waits while the worktree is being covered: with the same token the answer is exact afterwards. Undefined
 * when the daemon has gone; another one rings.
 */
async function answerOf(
  client: Client,
  {
    path,
    token,
    signal,
  }: { readonly path: string; readonly token: string; readonly signal: AbortSignal | undefined },
): Promise<ChangesReply | undefined> {
  try {
    for (;;) {
      const reply = await client.changes(path, token, signal);
      if (reply.kind === "changed") {
        return reply;
      }
      const { state } = await client.health(path, undefined, signal);
      if (state !== "crawling" && state !== "catching-up") {
        // It may have become ready since it was asked.
        const again = await client.changes(path, token, signal);
        return again;
      }
      await client.health(path, { leaving: state, waitMs: HEALTH_WAIT_MS_MAX }, signal);
    }
  } catch (error) {
    if (error instanceof GityError && error.code === "DAEMON_UNREACHABLE") {
      return undefined;
    }
    throw error;
  }
}
