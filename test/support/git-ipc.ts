/** Asks at the socket where git asks, with whatever bytes a test wants to send. */

import { connect, type Socket } from "node:net";
import { dirname } from "node:path";

import { decodeMessage, encodeMessage } from "../../src/protocol/pkt-line.ts";

/** The path below the git directory (fsmonitor-ipc.c). */
export const SOCKET_NAME = "fsmonitor--daemon.ipc";

export interface Answer {
  readonly token: string;
  /** Latin1, one character per byte. */
  readonly paths: readonly string[];
}

/** Conversations at work, and where this process stood before the first of them. */
let conversations = 0;
let stoodAt = "";

/** gity answers who stands in the worktree, as git does. */
export function stepInto(worktree: string): Disposable {
  if (conversations === 0) {
    stoodAt = process.cwd();
    process.chdir(worktree);
  }
  conversations += 1;
  return {
    [Symbol.dispose]: () => {
      conversations -= 1;
      if (conversations === 0) {
        process.chdir(stoodAt);
      }
    },
  };
}

/** Everything the server sends until it closes; `talk` sends the request. Several may be at work at a
 *  time for one worktree. */
export async function converse(gitDir: string, talk: (socket: Socket) => void): Promise<Buffer> {
  using _ = stepInto(dirname(gitDir));
  return await converseAt(`${gitDir}/${SOCKET_NAME}`, talk);
}

/** The same at any socket, from where this process stands. */
export async function converseAt(path: string, talk: (socket: Socket) => void): Promise<Buffer> {
  const socket = connect(path);
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  // A server that hangs up on nonsense may reset the connection: that is an end, too.
  socket.on("error", () => {});
  const closed = new Promise((resolve) => {
    socket.on("close", resolve);
  });
  socket.on("connect", () => {
    talk(socket);
  });
  await closed;
  return Buffer.concat(parts);
}

/** Sends a query and does not read the reply. */
export async function askAndPause(gitDir: string, token: string): Promise<Socket> {
  const socket = connect(`${gitDir}/${SOCKET_NAME}`);
  socket.on("error", () => {});
  socket.pause();
  await new Promise<void>((resolve) => {
    socket.on("connect", resolve);
  });
  socket.write(encodeMessage(Buffer.from(token)));
  return socket;
}

/** The reply to one query as git sends it, packets and all. */
export async function askRaw(gitDir: string, token: string): Promise<Buffer> {
  return converse(gitDir, (socket) => socket.write(encodeMessage(Buffer.from(token, "latin1"))));
}

/** Token and paths of the answer to one query. */
export async function askSocket(gitDir: string, token: string): Promise<Answer> {
  return parseAnswer(await askRaw(gitDir, token));
}

export function parseAnswer(reply: Buffer): Answer {
  const message = decodeMessage(reply);
  if (message.kind !== "message") {
    throw new Error(`the reply is ${message.kind}, ${reply.length} bytes long`);
  }
  const text = message.data.toString("latin1");
  const [token = "", ...paths] = text.split("\0").slice(0, -1);
  return { token, paths };
}

/** A token whose listings are not in doubt: the second answer's. */
export async function tokenNow(gitDir: string): Promise<string> {
  const first = await askSocket(gitDir, "");
  return (await askSocket(gitDir, first.token)).token;
}
