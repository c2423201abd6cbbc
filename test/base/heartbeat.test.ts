/** Memory that tells whether a thread turns. */

import { expect, test } from "bun:test";

import type { Fd } from "../../src/base/brands.ts";
import { Heartbeat } from "../../src/base/heartbeat.ts";

const fds = (...numbers: number[]): Fd[] => numbers as Fd[];

test("Heartbeat shows turns and descriptors to whoever has its memory", () => {
  const writer = new Heartbeat();
  const reader = new Heartbeat(writer.memory);
  expect(reader.turn).toBe(0);
  writer.beginTurn();
  const first = reader.turn;
  writer.rest();
  expect([first, reader.turn]).toEqual([1, -1]);
  writer.beginTurn();
  expect(reader.turn).toBe(2);

  writer.showSockets(fds(3, 4), fds(5));
  writer.showClient(6 as Fd);
  expect([reader.listeners, reader.clients]).toEqual([fds(3, 4), fds(5, 6)]);
  writer.showSockets(fds(3), []);
  expect([reader.listeners, reader.clients]).toEqual([fds(3), []]);
});

test("Heartbeat shows as many descriptors as it has room for", () => {
  const writer = new Heartbeat();
  const many = fds(...Array.from({ length: 10_000 }, (_, i) => i));
  writer.showSockets(many, many);
  writer.showClient(7 as Fd);
  const reader = new Heartbeat(writer.memory);
  expect(reader.listeners).toEqual(many.slice(0, 4096));
  expect(reader.clients).toEqual(many.slice(0, 4096));
});

test("hideClient() takes back the last client that was shown, and no other", () => {
  const writer = new Heartbeat();
  writer.showSockets([], fds(3));
  writer.showClient(4 as Fd);
  writer.showClient(5 as Fd);
  expect(fds(4, 5, 4, 3).map((fd) => writer.hideClient(fd))).toEqual([false, true, true, false]);
  expect(new Heartbeat(writer.memory).clients).toEqual(fds(3));
});

test("awake() resolves as soon as the thread does not rest", async () => {
  const writer = new Heartbeat();
  const reader = new Heartbeat(writer.memory);
  const awake = reader.awake();
  expect(Bun.peek.status(awake)).toBe("pending");
  writer.beginTurn();
  await awake;
  expect(Bun.peek.status(awake)).toBe("fulfilled");
  await reader.awake();
});
