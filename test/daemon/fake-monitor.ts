/**
 * A monitor thread for tests of the control thread: it speaks the protocol of
 * src/monitor/messages.ts and watches nothing. What it should say is in the root it is given.
 */

import { openSync, readSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";

import type { FromMonitor, ToMonitor } from "../../src/monitor/messages.ts";
import { EMPTY_LATENCY } from "../../src/base/latency-histogram.ts";
import { NO_UNKNOWN_ANSWERS } from "../../src/protocol/unknown-reason.ts";
import {
  NO_ANSWERED_PATHS,
  NO_CATCH_UP,
  type WorktreeHealth,
} from "../../src/protocol/worktree-health.ts";

declare const self: Worker;

const READY: WorktreeHealth = {
  state: "ready",
  reason: null,
  cure: null,
  token: "gity:0123456789abcdef:7",
  epoch: "0123456789abcdef",
  generation: 7,
  oldestGeneration: 1,
  excludedDirectories: 0,
  watchedDirectories: 3,
  linkedEntries: 0,
  blindSpots: [],
  historyPaths: 0,
  historyBytes: 0,
  tableBytes: 0,
  queries: 0,
  unknownAnswers: 0,
  unknownReasons: NO_UNKNOWN_ANSWERS,
  answeredPaths: NO_ANSWERED_PATHS,
  latency: EMPTY_LATENCY,
  eventsRead: 0,
  lastEventAgeMs: null,
  catchUp: NO_CATCH_UP,
  resyncs: 0,
  crawlMs: 1,
  watchMs: 1,
  crawledDirectories: 0,
};

const say = (message: FromMonitor): void => {
  self.postMessage(message, []);
};

self.addEventListener("message", (event: MessageEvent<{ port: MessagePort }>) => {
  const { port } = event.data;
  const fd = openBell();
  say({ kind: "started", wakeFd: fd });
  const buffer = new Uint8Array(8);
  const open = new Map<number, string>();
  for (;;) {
    readSync(fd, buffer);
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (received === undefined) {
        break;
      }
      const message = received.message as ToMonitor;
      if (message.kind === "stop") {
        say({ kind: "reply", requestId: message.requestId, reply: { kind: "closed" } });
        port.close();
        return;
      }
      if (message.kind === "usage") {
        const reply = { kind: "usage", watchedDirectories: 3 * open.size } as const;
        say({ kind: "reply", requestId: message.requestId, reply });
      }
      if ("worktreeId" in message) {
        answer(message, open);
      }
    }
  }
});

/** A named pipe takes the place of the eventfd: writing wakes, reading sleeps. */
function openBell(): number {
  const path = join(tmpdir(), `gity-bell-${crypto.randomUUID()}`);
  Bun.spawnSync(["mkfifo", path]);
  const fd = openSync(path, "r+");
  unlinkSync(path);
  return fd;
}

type AboutWorktree = Extract<ToMonitor, { worktreeId: number }>;

function answer(message: AboutWorktree, open: Map<number, string>): void {
  const { worktreeId } = message;
  switch (message.kind) {
    case "open":
      open.set(worktreeId, message.root);
      say({ kind: "state", worktreeId, health: { ...READY, state: "crawling" } });
      if (message.root.includes("dies")) {
        throw new Error("the fake monitor was told to die");
      }
      say({
        kind: "walk",
        worktreeId,
        attempt: 1,
        root: message.root,
        gitDir: `${message.root}/.git`,
        inotifyFd: -1,
        excluded: [],
        past: undefined,
      });
      return;
    case "scope":
      return;
    case "walked":
      say({
        kind: "state",
        worktreeId,
        health:
          message.result.kind === "table"
            ? { ...READY, watchedDirectories: message.result.table.count }
            : { ...READY, state: "degraded", reason: message.result.syscall },
      });
      return;
    case "close":
      open.delete(worktreeId);
      say({ kind: "reply", requestId: message.requestId, reply: { kind: "closed" } });
      return;
    case "changes":
      say({
        kind: "reply",
        requestId: message.requestId,
        reply: open.has(worktreeId)
          ? { kind: "changes", token: READY.token, paths: [message.since] }
          : { kind: "not-open" },
      });
      return;
    case "health":
      if (open.get(worktreeId)?.includes("silent") === true) {
        return;
      }
      say({
        kind: "reply",
        requestId: message.requestId,
        reply: open.has(worktreeId) ? { kind: "health", health: READY } : { kind: "not-open" },
      });
      return;
    default:
  }
}
