/** Those who wait for a thread that hangs. */

import { expect, test } from "bun:test";
import { connect } from "node:net";

import { Heartbeat } from "../../src/base/heartbeat.ts";
import { HangGuard } from "../../src/daemon/hang-guard.ts";
import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import { acceptClient, listenUnix, receive } from "../../src/ffi/unix-socket.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";

const HANG_MS = 40;

interface Guarded extends Disposable {
  readonly heartbeat: Heartbeat;
  readonly said: string[];
}

function guarded(lostMs = 60_000, hangMs = HANG_MS): Guarded {
  const heartbeat = new Heartbeat();
  const said: string[] = [];
  const guard = new HangGuard({
    heartbeat,
    onHang: () => said.push("hang"),
    onWake: () => said.push("wake"),
    onLost: () => said.push("lost"),
    hangMs,
    lostMs,
  });
  return { heartbeat, said, [Symbol.dispose]: () => guard[Symbol.dispose]() };
}

test("A1 who waits for a monitor that hangs is turned away, also who comes later", async () => {
  using dir = tempDir("hang");
  using guard = guarded();
  const { heartbeat, said } = guard;
  const path = dir.join("s");
  const listener = listenUnix(path);
  const ended: string[] = [];
  const peers = ["accepted", "waiting"].map((name) =>
    connect(path)
      .on("close", () => ended.push(name))
      .resume(),
  );
  const accepted = await eventually(() => acceptClient(listener));
  heartbeat.showSockets([listener], []);
  heartbeat.showClient(accepted);

  heartbeat.beginTurn();
  await eventually(() => ended.length === 2);
  const later = connect(path)
    .on("close", () => ended.push("later"))
    .resume();
  await eventually(() => ended.includes("later"));
  expect(said).toEqual(["hang"]);

  heartbeat.rest();
  await eventually(() => said.length === 2);
  expect(said).toEqual(["hang", "wake"]);
  // What is the monitor's own is as it was: it sees its client gone, and serves the next one.
  expect(receive(accepted, Buffer.alloc(8)).kind).toBe("closed");
  const next = connect(path);
  const client = await eventually(() => acceptClient(listener));
  for (const peer of [...peers, later, next]) {
    peer.destroy();
  }
  [accepted, client, listener].forEach(closeDescriptor);
});

test("a monitor that turns is left alone, however much it has to do", async () => {
  using guard = guarded();
  const { heartbeat, said } = guard;
  const endMs = performance.now() + 4 * HANG_MS;
  await eventually(() => {
    heartbeat.beginTurn();
    return performance.now() > endMs;
  });
  heartbeat.rest();
  expect(said).toEqual([]);
});

test("a monitor that hangs for good is given up, once", async () => {
  using guard = guarded(2 * HANG_MS);
  guard.heartbeat.beginTurn();
  await eventually(() => guard.said.includes("lost"));
  expect(guard.said).toEqual(["hang", "lost"]);
});

test("a process that stood still as a whole has not hung", async () => {
  using guard = guarded(60_000, 400);
  const { heartbeat, said } = guard;
  heartbeat.beginTurn();
  let looks = 0;
  const lookOn = async (): Promise<boolean> => eventually(() => (looks += 1) % 20 === 0);
  await lookOn();
  // No thread can tell how long it was stopped: to this one it is the same to be kept from its timers.
  Bun.spawnSync(["sleep", "0.6"]);
  await lookOn();
  heartbeat.rest();
  expect(said).toEqual([]);
});
