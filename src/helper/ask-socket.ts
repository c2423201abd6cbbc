/**
 * The helper's second way to an answer: the monitor's socket, in git's own protocol.
 */

import { closeSync, openSync } from "node:fs";

import { decodeMessage, encodeMessage } from "../protocol/pkt-line.ts";
import { parseToken } from "../protocol/token.ts";
import { GIT_SOCKET_NAME } from "../protocol/way.ts";

/** The longest path that fits into sun_path with its NUL (unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107;

/** The bytes of an answer, token first; undefined when there was none within `waitMs`. */
export async function askSocket(
  gitDir: string,
  since: string,
  waitMs: number,
): Promise<Uint8Array | undefined> {
  const reach = reachable(gitDir);
  try {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    const timer = setTimeout(() => {
      resolve(undefined);
    }, waitMs);
    const request = encodeMessage(Buffer.from(since, "latin1"));
    let received = Buffer.alloc(0);
    let unsent = request;
    const socket = await Bun.connect({
      unix: reach.path,
      socket: {
        open(opened) {
          unsent = unsent.subarray(opened.write(unsent));
        },
        drain(opened) {
          unsent = unsent.subarray(opened.write(unsent));
        },
        data(_, bytes) {
          received = Buffer.concat([received, bytes]);
        },
        // The server closes after its reply: only then is it known to be whole.
        close() {
          resolve(wholeAnswer(received));
        },
        error() {
          resolve(undefined);
        },
      },
    });
    const answer = await promise;
    clearTimeout(timer);
    socket.terminate();
    return answer;
  } finally {
    reach.close();
  }
}

function wholeAnswer(received: Buffer): Uint8Array | undefined {
  const message = decodeMessage(received);
  if (message.kind !== "message") {
    return undefined;
  }
  // Another program may own the socket; git's own daemon is one. Its tokens are not ours.
  const data = Buffer.from(message.data);
  return parseToken(data.toString("latin1", 0, Math.max(0, data.indexOf(0)))) === undefined
    ? undefined
    : data;
}

function reachable(gitDir: string): { readonly path: string; readonly close: () => void } {
  const path = `${gitDir}/${GIT_SOCKET_NAME}`;
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) {
    return { path, close: () => {} };
  }
  const folder = openSync(gitDir, "r");
  return {
    path: `/proc/self/fd/${folder}/${GIT_SOCKET_NAME}`,
    close: () => {
      closeSync(folder);
    },
  };
}
