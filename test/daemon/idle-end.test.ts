/** A daemon that nobody asks. */

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { IdleEnd } from "../../src/daemon/idle-end.ts";
import { eventually } from "../support/eventually.ts";

const IDLE_MS = 60;

interface Watched extends Disposable {
  readonly idle: IdleEnd;
  readonly state: {
    idleMs: number | undefined;
    queries: number;
    looks: number;
    ends: number;
    listeners: number;
  };
}

function watched(idleMs: number | undefined): Watched {
  const state = { idleMs, queries: 0, looks: 0, ends: 0, listeners: 0 };
  const idle = new IdleEnd({
    idleMs: () => state.idleMs,
    queryCount: async () => {
      state.looks += 1;
      return state.queries;
    },
    isListenedTo: () => state.listeners > 0,
    onIdle: () => {
      state.ends += 1;
    },
  });
  return { idle, state, [Symbol.dispose]: () => idle[Symbol.dispose]() };
}

test("IdleEnd ends once after nobody has asked for so long, and not before", async () => {
  using daemon = watched(IDLE_MS);
  const startMs = performance.now();

  await eventually(() => daemon.state.ends > 0);

  expect(performance.now() - startMs).toBeGreaterThanOrEqual(IDLE_MS);
  expect(daemon.state.ends).toBe(1);
});

test.each(["queries of git", "requests", "listeners"])(
  "IdleEnd waits as long as there are %s",
  async (kind) => {
    using daemon = watched(IDLE_MS);
    const startMs = performance.now();

    await eventually(() => {
      daemon.state.queries += kind === "queries of git" ? 1 : 0;
      daemon.state.listeners = kind === "listeners" ? 1 : 0;
      if (kind === "requests") {
        daemon.idle.touch();
      }
      return performance.now() - startMs > 4 * IDLE_MS;
    });
    expect(daemon.state.ends).toBe(0);

    daemon.state.listeners = 0;
    await eventually(() => daemon.state.ends === 1);
  },
);

test("IdleEnd has no timer while there is no end, until a request may have changed that", async () => {
  using daemon = watched(undefined);
  const startMs = performance.now();
  await eventually(() => performance.now() - startMs > 2 * IDLE_MS);
  expect(daemon.state.looks).toBe(0);

  daemon.state.idleMs = IDLE_MS;
  daemon.idle.touch();

  await eventually(() => daemon.state.ends === 1);
});

test("IdleEnd does not look at once for a time that is longer than any timer", async () => {
  using daemon = watched(2 ** 40);
  const startMs = performance.now();

  await eventually(() => performance.now() - startMs > IDLE_MS);

  expect(daemon.state.looks).toBe(0);
});

test("IdleEnd takes a monitor that does not answer for one that is at work", async () => {
  let looks = 0;
  let isEnding = false;
  using _ = new IdleEnd({
    idleMs: () => IDLE_MS,
    queryCount: async () => {
      looks += 1;
      if (looks < 10) {
        throw new GityError("DAEMON_FAILED", "no reply");
      }
      return 0;
    },
    isListenedTo: () => false,
    onIdle: () => {
      isEnding = true;
    },
  });
  await eventually(() => isEnding);
  expect(looks).toBeGreaterThan(10);
});
