/** The helper's second way, against servers good and bad. */

import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { createServer, type Socket } from "node:net";

import { askSocket } from "../../src/helper/ask-socket.ts";
import { encodeMessage } from "../../src/protocol/pkt-line.ts";
import { medianMs } from "../support/median-ms.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

const TOKEN = "gity:0123456789abcdef:7";
const ANSWER = Buffer.from(`${TOKEN}\0a\0`);

interface TestServer extends AsyncDisposable {
  readonly gitDir: string;
}

/** A server in git's place; `serve` does what this test wants it to do. */
async function server(dir: TempDir, serve: (socket: Socket) => void): Promise<TestServer> {
  const gitDir = dir.path;
  const sockets: Socket[] = [];
  const listener = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => {
    listener.listen(dir.join("fsmonitor--daemon.ipc"), resolve);
  });
  return {
    gitDir,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => {
        listener.close(resolve);
      });
    },
  };
}

async function ask(gitDir: string): Promise<string | undefined> {
  const bytes = await askSocket(gitDir, TOKEN, 45);
  return bytes && Buffer.from(bytes).toString("latin1");
}

test("askSocket() sends the token as git does, and returns the whole answer", async () => {
  using dir = tempDir("ask");
  let request = "";
  await using peer = await server(dir, (socket) => {
    socket.on("data", (part: Buffer) => {
      request += part.toString();
      socket.end(encodeMessage(ANSWER));
    });
  });
  expect(await ask(peer.gitDir)).toBe(ANSWER.toString());
  expect(request).toBe(Buffer.from(encodeMessage(Buffer.from(TOKEN))).toString());
});

test.each([
  ["says nothing", () => {}],
  ["hangs up", (socket: Socket) => socket.destroy()],
  ["sends nonsense", (socket: Socket) => socket.end("nonsense")],
  ["sends an answer cut short", (socket: Socket) => socket.end(encodeMessage(ANSWER).slice(0, -4))],
  ["sends a flush alone", (socket: Socket) => socket.end("0000")],
  [
    "is git's own daemon",
    (socket: Socket) => socket.end(encodeMessage(Buffer.from("builtin:0.1.20261121T0:0\0a\0"))),
  ],
])("askSocket() of a server that %s is undefined, in time", async (_, serve) => {
  using dir = tempDir("ask");
  await using peer = await server(dir, (socket) => {
    socket.on("data", () => {
      serve(socket);
    });
  });
  const waitMs = await medianMs(async () => {
    expect(await ask(peer.gitDir)).toBeUndefined();
  });
  expect(waitMs).toBeLessThan(90);
});

test("askSocket() rejects at once when nobody listens", async () => {
  using dir = tempDir("ask");
  expect(askSocket(dir.path, TOKEN, 45)).rejects.toThrow();
  await Promise.resolve();
});

test("P7 askSocket() reaches a path longer than sun_path", async () => {
  using dir = tempDir("ask");
  await using peer = await server(dir, (socket) => {
    socket.on("data", () => socket.end(encodeMessage(ANSWER)));
  });
  const long = dir.join("x".repeat(150));
  mkdirSync(long);
  Bun.spawnSync(["ln", `${peer.gitDir}/fsmonitor--daemon.ipc`, long]);
  expect(await ask(long)).toBe(ANSWER.toString());
});
