/**
 * Makes git's own daemon leave the socket of a worktree, so that the monitor can bind it.
 *
 * git starts its daemon whenever nobody listens, and nothing in its configuration forbids that. It ends
 * when it is told to (`git fsmonitor--daemon stop` says the same).
 */

import { closeSync, existsSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";

import {
  SOCKET_ANSWER_MS_MAX,
  SOCKET_LEAVING_MS_MAX,
  SOCKET_LOOK_MS,
  SOCKET_PATH_BYTES_MAX,
} from "../base/limits.ts";
import { releaseSocketLock, takeSocketLock } from "../base/socket-lock.ts";
import { decodeMessage, encodeMessage } from "../protocol/pkt-line.ts";
import { parseToken } from "../protocol/token.ts";

/**
 * - `locked`: nobody listens, and git's daemon cannot bind it: the lock is ours, to be released by who
 *   binds it.
 * - `gity`: another gity serves it, of another home.
 * - `busy`: somebody else has the lock, and is about to bind it; or there can be none.
 * - `stubborn`: somebody serves it who neither leaves nor answers as gity would.
 */
export type Outcome = "locked" | "busy" | "gity" | "stubborn";

/** No token of anybody's: git's daemon answers it with one of its own, and so does gity. */
const PROBE = "gity-probe";

/** Never rejects. Takes as long as git's daemon takes to end, SOCKET_LEAVING_MS_MAX at most. */
export async function takeOver(path: string): Promise<Outcome> {
  if (!tryLock(path)) {
    return "busy";
  }
  const outcome = await makeLeave(path);
  if (outcome !== "locked") {
    releaseSocketLock(path);
  }
  return outcome;
}

async function makeLeave(path: string): Promise<Outcome> {
  const answer = existsSync(path) ? await ask(path, PROBE) : undefined;
  if (answer === undefined) {
    return "locked";
  }
  const token = answer.toString("latin1", 0, Math.max(0, answer.indexOf(0)));
  if (parseToken(token) !== undefined) {
    return "gity";
  }
  await ask(path, "quit");
  const endMs = performance.now() + SOCKET_LEAVING_MS_MAX;
  while (performance.now() < endMs) {
    // oxlint-disable-next-line no-await-in-loop
    if (!(await isListening(path))) {
      return "locked";
    }
    // oxlint-disable-next-line no-await-in-loop
    await Bun.sleep(SOCKET_LOOK_MS);
  }
  return "stubborn";
}

/** A git directory that is read-only, or gone, has no lock to take. */
function tryLock(path: string): boolean {
  try {
    return takeSocketLock(path);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return false;
    }
    throw error;
  }
}

/** What the server says, empty when it says nothing; undefined when there is none. */
async function ask(path: string, question: string): Promise<Buffer | undefined> {
  using reach = reachable(path);
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, SOCKET_ANSWER_MS_MAX);
  let received = Buffer.alloc(0);
  try {
    const socket = await Bun.connect({
      unix: reach.path,
      socket: {
        open(opened) {
          opened.write(encodeMessage(Buffer.from(question, "latin1")));
        },
        data(_, bytes) {
          received = Buffer.concat([received, bytes]);
        },
        close() {
          resolve();
        },
        error() {
          resolve();
        },
      },
    });
    await promise;
    socket.terminate();
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
  const message = decodeMessage(received);
  return message.kind === "message" ? Buffer.from(message.data) : Buffer.alloc(0);
}

async function isListening(path: string): Promise<boolean> {
  using reach = reachable(path);
  try {
    const socket = await Bun.connect({ unix: reach.path, socket: { data() {} } });
    socket.terminate();
    return true;
  } catch {
    return false;
  }
}

/** A name for a path that is too long for sun_path (unix(7)). */
function reachable(path: string): Disposable & { readonly path: string } {
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX || !existsSync(dirname(path))) {
    return { path, [Symbol.dispose]: () => {} };
  }
  const folder = openSync(dirname(path), "r");
  return {
    path: `/proc/self/fd/${folder}/${basename(path)}`,
    [Symbol.dispose]: () => {
      closeSync(folder);
    },
  };
}
