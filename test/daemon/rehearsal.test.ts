/** The questions a daemon asks itself. */

import { expect, test } from "bun:test";
import { createServer, type Server } from "node:net";

import { Rehearsal } from "../../src/daemon/rehearsal.ts";
import { decodeMessage, encodeMessage } from "../../src/protocol/pkt-line.ts";
import { tempDir } from "../support/temp-dir.ts";

const QUESTIONS = 20;

/** Answers each question with the token that comes after it, as long as `mayAnswer`. */
async function peer(
  path: string,
  mayAnswer: (count: number) => boolean,
): Promise<{ server: Server; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on("data", (bytes: Buffer) => {
      const message = decodeMessage(bytes);
      asked.push(message.kind === "message" ? message.data.toString() : message.kind);
      const answer = Buffer.from(`token-${asked.length}\0`);
      socket.end(mayAnswer(asked.length) ? encodeMessage(answer) : "");
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  return { server, asked };
}

test("begin() asks as often as it should, each time with the last answer's token, and only once", async () => {
  using dir = tempDir("rehearsal");
  const { server, asked } = await peer(dir.join("fsmonitor--daemon.ipc"), () => true);
  const rehearsal = new Rehearsal();
  expect(await rehearsal.begin(dir.path, QUESTIONS)).toBe(QUESTIONS);
  expect(await rehearsal.begin(dir.path, QUESTIONS)).toBeUndefined();
  expect(asked).toHaveLength(QUESTIONS);
  expect(asked[0]).toStartWith("gity-own:gity:");
  expect(asked.slice(1)).toEqual(
    Array.from({ length: QUESTIONS - 1 }, (_, i) => `gity-own:token-${i + 1}`),
  );
  server.close();
});

test("begin() ends when nobody answers, or nobody is there", async () => {
  using dir = tempDir("rehearsal");
  const { server, asked } = await peer(dir.join("fsmonitor--daemon.ipc"), (count) => count < 3);
  expect(await new Rehearsal().begin(dir.path, QUESTIONS)).toBe(2);
  expect(asked).toHaveLength(3);
  server.close();
  expect(await new Rehearsal().begin(dir.join("none"), QUESTIONS)).toBe(0);
});
