/**
 * Asking whoever serves git's socket of a worktree, in git's own protocol: gity, another gity, or git's
 * own daemon.
 */

import { closeSync, existsSync, openSync } from "node:fs";

import { SOCKET_ANSWER_MS_MAX, SOCKET_PATH_BYTES_MAX } from "../base/limits.ts";
import { decodeMessage, encodeMessage } from "../protocol/pkt-line.ts";
import { OWN_QUESTION, parseToken, type Token } from "../protocol/token.ts";

/**
 * - `nobody`: there is no socket, or one that a server left behind.
 * - `gity`: a gity, of whichever home; `token` is its newest.
 * - `other`: git's own daemon, or something unknown.
 */
export type SocketServer =
  | { readonly kind: "nobody" }
  | { readonly kind: "gity"; readonly token: Token }
  | { readonly kind: "other" };

/** No token of anybody's: git's daemon answers it with one of its own, and so does gity. */
const PROBE = `${OWN_QUESTION}probe`;

/** Who answers at the path. Never rejects; takes SOCKET_ANSWER_MS_MAX at most. */
export async function findSocketServer(path: string): Promise<SocketServer> {
  const answer = existsSync(path) ? await askMonitorSocket(path, PROBE) : undefined;
  if (answer === undefined) {
    return { kind: "nobody" };
  }
  const token = parseToken(answer.toString("latin1", 0, Math.max(0, answer.indexOf(0))));
  return token === undefined ? { kind: "other" } : { kind: "gity", token };
}

/**
 * What the server says, empty when it says nothing; undefined when there is none. Never rejects; takes `waitMs`
 * at most.
 */
export async function askMonitorSocket(
  path: string,
  question: string,
  waitMs: number = SOCKET_ANSWER_MS_MAX,
): Promise<Buffer | undefined> {
  using reach = reachable(path);
  const { promise, resolve } = Promise.withResolvers<"ended" | "refused" | "late">();
  const timer = setTimeout(resolve, waitMs, "late");
  let received = Buffer.alloc(0);
  const converse = async (): Promise<void> => {
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
            resolve("ended");
          },
          error() {
            resolve("ended");
          },
        },
      });
      await promise;
      socket.terminate();
    } catch {
      resolve("refused");
    }
  };
  // To connect, too, has its time.
  void converse();
  const end = await promise;
  clearTimeout(timer);
  if (end === "refused") {
    return undefined;
  }
  const message = decodeMessage(received);
  return message.kind === "message" ? Buffer.from(message.data) : Buffer.alloc(0);
}

export async function isMonitorListening(path: string): Promise<boolean> {
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
  // Not node:path, which takes as long to load as an answer to come.
  const nameAt = path.lastIndexOf("/") + 1;
  const parent = path.slice(0, nameAt);
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX || !existsSync(parent)) {
    return { path, [Symbol.dispose]: () => {} };
  }
  const folder = openSync(parent, "r");
  return {
    path: `/proc/self/fd/${folder}/${path.slice(nameAt)}`,
    [Symbol.dispose]: () => {
      closeSync(folder);
    },
  };
}
