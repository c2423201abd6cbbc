/** One connection on git's socket, from its first byte to its end. */

import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";

import type { BytePath, Fd } from "../../src/base/brands.ts";
import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import { acceptClient, listenUnix } from "../../src/ffi/unix-socket.ts";
import { GitClient } from "../../src/monitor/git-client.ts";
import { decodeMessage, encodeMessage } from "../../src/protocol/pkt-line.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";

interface Pair extends Disposable {
  readonly client: GitClient;
  readonly peer: Socket;
  received(): Buffer;
}

async function connectedPair(): Promise<Pair> {
  const dir = tempDir("client");
  const listener = listenUnix(dir.join("s"));
  const peer = connect(dir.join("s"));
  const parts: Buffer[] = [];
  peer.on("data", (part: Buffer) => parts.push(part));
  const fd: Fd = await eventually(() => acceptClient(listener));
  const client = new GitClient(fd);
  return {
    client,
    peer,
    received: () => Buffer.concat(parts),
    [Symbol.dispose]() {
      client[Symbol.dispose]();
      closeDescriptor(listener);
      peer.destroy();
      dir[Symbol.dispose]();
    },
  };
}

test("GitClient gives a request once, however it is cut", async () => {
  using pair = await connectedPair();
  const bytes = encodeMessage(Buffer.from("gity:"), Buffer.from("token"));
  pair.peer.write(bytes.subarray(0, 7));
  expect(await eventually(() => pair.client.readRequest())).toBe("incomplete");
  pair.peer.write(bytes.subarray(7));
  const request = await eventually(() => {
    const result = pair.client.readRequest();
    return result !== "incomplete" && result;
  });
  expect(request).toEqual({ request: "gity:token" });
});

test("GitClient sends a large reply in the portions that fit, and the client gets it all", async () => {
  using pair = await connectedPair();
  const paths = Array.from({ length: 50_000 }, (_, i) => `some/folder/file-${i}` as BytePath);
  pair.client.reply({ kind: "changed", token: "t", paths });
  expect(pair.client.sendReply()).toBe(false);
  await eventually(() => pair.client.sendReply());
  await eventually(() => decodeMessage(pair.received()).kind === "message");
  const message = decodeMessage(pair.received());
  const text = message.kind === "message" ? Buffer.from(message.data).toString() : "";
  expect(text).toBe(`t\0${paths.join("\0")}\0`);
});

test("P5 GitClient is done when its client has gone", async () => {
  using pair = await connectedPair();
  pair.peer.destroy();
  await eventually(() => pair.client.readRequest() === "gone");
  pair.client.reply({ kind: "unknown", token: "t", reason: "no-token" });
  await eventually(() => pair.client.sendReply());
});
