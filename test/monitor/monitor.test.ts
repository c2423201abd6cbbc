/** The monitor thread with its loop, spoken to over its socket. */

import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";

import { IPC_REQUEST_BYTES_MAX } from "../../src/base/limits.ts";
import { decodeMessage, encodeMessage } from "../../src/protocol/pkt-line.ts";
import { OWN_QUESTION } from "../../src/protocol/token.ts";
import { eventually } from "../support/eventually.ts";
import { startMonitor, type TestMonitor } from "../support/monitor-thread.ts";

function open(monitor: TestMonitor): Socket {
  return connect(`${monitor.gitDir}/fsmonitor--daemon.ipc`);
}

/** Everything the server sends until it closes. `write` sends the request. */
async function converse(monitor: TestMonitor, write: (socket: Socket) => void): Promise<Buffer> {
  const socket = open(monitor);
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  // A server that hangs up on nonsense may reset the connection: that is an end, too.
  socket.on("error", () => {});
  const closed = new Promise((resolve) => {
    socket.on("close", resolve);
  });
  socket.on("connect", () => {
    write(socket);
  });
  await closed;
  return Buffer.concat(parts);
}

/** Token and paths of the answer to one well-formed query. */
async function query(monitor: TestMonitor, token: string): Promise<string[]> {
  const bytes = await converse(monitor, (socket) => {
    socket.write(encodeMessage(Buffer.from(token)));
  });
  const message = decodeMessage(bytes);
  expect(message.kind).toBe("message");
  const data = message.kind === "message" ? Buffer.from(message.data) : Buffer.alloc(0);
  return data.toString("latin1").split("\0").slice(0, -1);
}

test("the socket answers a query as git sends it", async () => {
  await using monitor = await startMonitor();
  await monitor.ready();
  const [first, everything] = await query(monitor, "builtin:fake");
  expect(everything).toBe("/");
  const [token, listing] = await query(monitor, first!);
  expect(listing).toBe(".gity");
  writeFileSync(monitor.root.join("a"), "");
  expect((await query(monitor, token!)).slice(1)).toEqual(["a"]);
});

test("a request that arrives byte by byte is one request", async () => {
  await using monitor = await startMonitor();
  await monitor.ready();
  const bytes = await converse(monitor, (socket) => {
    socket.setNoDelay(true);
    for (const byte of encodeMessage(Buffer.from("builtin:fake"))) {
      socket.write(Buffer.of(byte));
    }
  });
  expect(decodeMessage(bytes).kind).toBe("message");
});

test("P3 a reply of 4 MB arrives whole, in packets git accepts", async () => {
  await using monitor = await startMonitor();
  await monitor.ready();
  const [first] = await query(monitor, "");
  const [token] = await query(monitor, first!);
  for (let i = 0; i < 20_000; i += 1) {
    writeFileSync(monitor.root.join(`${"n".repeat(200)}${i}`), "");
    if (i % 2000 === 0) {
      // Keeps below the kernel's queue of 16,384 events.
      // oxlint-disable-next-line no-await-in-loop
      await monitor.request({ kind: "health", worktreeId: 1 });
    }
  }
  expect((await query(monitor, token!)).length).toBe(20_001);
});

test.each([
  ["nothing at all", Buffer.alloc(0)],
  ["a length that is no number", Buffer.from("zzzz")],
  ["a length below its own size", Buffer.from("0003")],
  ["more than a request may have", Buffer.alloc(IPC_REQUEST_BYTES_MAX + 1000, "0fff")],
  ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
])("P5 A2 %s ends that connection, and nothing else", async (_, bytes) => {
  await using monitor = await startMonitor();
  await monitor.ready();
  const reply = await converse(monitor, (socket) => {
    socket.end(bytes);
  });
  expect(reply.length).toBe(0);
  expect((await query(monitor, ""))[1]).toBe("/");
});

test("P5 64 clients at once, and some that never say a word, are all served", async () => {
  await using monitor = await startMonitor();
  await monitor.ready();
  const silent = Array.from({ length: 20 }, () => open(monitor));
  const answers = await Promise.all(Array.from({ length: 64 }, () => query(monitor, "")));
  expect(answers.every(([, path]) => path === "/")).toBe(true);
  for (const socket of silent) {
    socket.destroy();
  }
});

test("close() answers `closed` once, and then that nothing is open", async () => {
  await using monitor = await startMonitor();
  await monitor.ready();
  expect(await monitor.request({ kind: "close", worktreeId: 1 })).toEqual({ kind: "closed" });
  expect(await monitor.request({ kind: "close", worktreeId: 1 })).toEqual({ kind: "not-open" });
  expect(await monitor.request({ kind: "health", worktreeId: 1 })).toEqual({ kind: "not-open" });
});

test("each question on the socket is timed, and the daemon's own rehearsal is not", async () => {
  await using monitor = await startMonitor();
  await monitor.ready();
  const [token] = await query(monitor, "builtin:fake");
  await query(monitor, `${OWN_QUESTION}${token ?? ""}`);
  await query(monitor, token!);
  const reply = await monitor.request({ kind: "health", worktreeId: 1 });

  expect(reply).toMatchObject({
    kind: "health",
    health: {
      queries: 2,
      unknownAnswers: 1,
      unknownReasons: { "no-token": 1 },
      latency: { count: 2, p99Us: expect.any(Number) },
    },
  });
});

test("usage counts what is watched, and shrink leaves old tokens no answer, and new ones theirs", async () => {
  await using monitor = await startMonitor((root) => {
    mkdirSync(root.join("d"));
  });
  await monitor.ready();
  expect(await monitor.request({ kind: "usage" })).toEqual({
    kind: "usage",
    watchedDirectories: 2,
  });
  const changes = async (since: string) => {
    const reply = await monitor.request({ kind: "changes", worktreeId: 1, since });
    return reply.kind === "changes" ? reply : { token: "", paths: undefined };
  };
  const first = await changes("");
  writeFileSync(monitor.root.join("d/f"), "1");
  const second = await changes(first.token);
  expect(second.paths).toContain("d/f");

  monitor.send({ kind: "shrink" });

  await eventually(async () => (await changes(first.token)).paths === undefined);
  writeFileSync(monitor.root.join("d/g"), "1");
  expect((await changes(second.token)).paths).toContain("d/g");
});
