/** Unix sockets against the runtime's own client. */

import { expect, test } from "bun:test";
import { closeSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";

import type { Fd } from "../../src/base/brands.ts";
import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import {
  acceptClient,
  isSomebodyListening,
  listenUnix,
  peerProcess,
  receive,
  sendSome,
} from "../../src/ffi/unix-socket.ts";
import { eventually } from "../support/eventually.ts";
import { failCall } from "../support/faults.ts";
import { tempDir } from "../support/temp-dir.ts";

test("a connection is accepted, read, answered and seen to end, without waiting", async () => {
  using dir = tempDir("socket");
  const listener = listenUnix(dir.join("s"));
  expect(statSync(dir.join("s")).mode & 0o777).toBe(0o600);
  expect(acceptClient(listener)).toBeUndefined();
  const peer = connect(dir.join("s"));
  let heard = "";
  peer.on("data", (part: Buffer) => {
    heard += part.toString();
  });
  const client: Fd = await eventually(() => acceptClient(listener));
  expect(peerProcess(client)).toBe(process.pid);
  const buffer = Buffer.alloc(16);
  expect(receive(client, buffer).kind).toBe("nothing");
  peer.write("ping");
  const received = await eventually(() => {
    const result = receive(client, buffer);
    return result.kind === "bytes" && result;
  });
  expect(buffer.toString("latin1", 0, received.count)).toBe("ping");
  expect(sendSome(client, Buffer.from("pong"))).toBe(4);
  await eventually(() => heard === "pong");
  peer.destroy();
  await eventually(() => receive(client, buffer).kind === "closed");
  closeDescriptor(client);
  closeDescriptor(listener);
});

test("sendSome() takes what fits, and says when nobody is there (P5)", async () => {
  using dir = tempDir("socket");
  const listener = listenUnix(dir.join("s"));
  const peer = connect(dir.join("s"));
  peer.pause();
  const client: Fd = await eventually(() => acceptClient(listener));
  const much = Buffer.alloc(8 << 20);
  const first = sendSome(client, much);
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(much.length);
  expect(sendSome(client, much)).toBe(0);
  peer.destroy();
  await eventually(() => sendSome(client, much) === -1);
  closeDescriptor(client);
  closeDescriptor(listener);
});

test("isSomebodyListening() is false for nothing, a plain file and a socket left behind", () => {
  using dir = tempDir("socket");
  expect(isSomebodyListening(dir.join("missing"))).toBe(false);
  writeFileSync(dir.join("file"), "");
  expect(isSomebodyListening(dir.join("file"))).toBe(false);
  closeSync(listenUnix(dir.join("stale")));
  expect(isSomebodyListening(dir.join("stale"))).toBe(false);
});

test("acceptClient() reports a lack of descriptors", () => {
  using dir = tempDir("socket");
  const listener = listenUnix(dir.join("s"));
  {
    using _fault = failCall("accept4", "EMFILE");
    expect(() => acceptClient(listener)).toThrow("EMFILE");
  }
  closeDescriptor(listener);
});

test.each(["ENOMEM", "ENOBUFS", "EIO"] as const)(
  "sendSome() that cannot send for %s gives the client up",
  (errno) => {
    using _fault = failCall("send", errno);
    expect(sendSome(-1 as Fd, Buffer.from("x"))).toBe(-1);
  },
);

test.each(["EINTR", "EAGAIN"] as const)("%s of accept, receive and send means later", (errno) => {
  using _accept = failCall("accept4", errno);
  using _receive = failCall("recv", errno);
  using _send = failCall("send", errno);
  const bytes = Buffer.alloc(1);
  expect(acceptClient(-1 as Fd)).toBeUndefined();
  expect(receive(-1 as Fd, bytes)).toEqual({ kind: "nothing" });
  expect(sendSome(-1 as Fd, bytes)).toBe(0);
});

test("isSomebodyListening() is true in doubt: who is told no removes the path", () => {
  using dir = tempDir("socket");
  using _fault = failCall("connect", "ENOMEM");
  expect(isSomebodyListening(dir.join("s"))).toBe(true);
});
