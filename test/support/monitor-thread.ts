/** The real monitor thread with a real walker, and a test in the place of the control thread. */

import { mkdirSync, writeSync } from "node:fs";
import { MessageChannel } from "node:worker_threads";

import { Heartbeat } from "../../src/base/heartbeat.ts";
import type {
  FromMonitor,
  MonitorReply,
  MonitorStart,
  ToMonitor,
} from "../../src/monitor/messages.ts";
import type { WalkerMessage } from "../../src/watch/walker-main.ts";
import { eventually } from "./eventually.ts";
import { type TempDir, tempDir } from "./temp-dir.ts";

type Request =
  Extract<ToMonitor, { requestId: number }> extends infer Message
    ? Message extends { requestId: number }
      ? Omit<Message, "requestId">
      : never
    : never;

export interface TestMonitor extends AsyncDisposable {
  readonly root: TempDir;
  readonly gitDir: string;
  send(message: ToMonitor): void;
  request(request: Request): Promise<MonitorReply>;
  /** Resolves when the worktree is covered. */
  ready(): Promise<void>;
}

const RING = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** Watches a fresh tree as worktree 1. */
export async function startMonitor(
  prepare: (root: TempDir) => void = () => {},
): Promise<TestMonitor> {
  const root = tempDir("monitor");
  const gitDir = root.join(".git");
  mkdirSync(gitDir);
  prepare(root);
  const thread = new Worker(new URL("../../src/monitor/main.ts", import.meta.url));
  const { port1, port2 } = new MessageChannel();
  const replies = new Map<number, MonitorReply>();
  let wakeFd: number | undefined;
  let isReady = false;
  let requests = 0;

  const send = (message: ToMonitor): void => {
    port1.postMessage(message);
    writeSync(wakeFd ?? -1, RING);
  };
  thread.addEventListener("message", (event: MessageEvent<FromMonitor>) => {
    const message = event.data;
    switch (message.kind) {
      case "started":
        wakeFd = message.wakeFd;
        break;
      case "rescope":
      case "socket-lost":
      case "worktrees-changed":
      case "covered":
      case "snapshot-due":
      case "moved":
      case "status-asked":
      case "git-state-moved":
      case "starved":
        break;
      case "walk":
        walkFor(message, send);
        break;
      case "state":
        isReady = message.health.state === "ready";
        break;
      case "reply":
        replies.set(message.requestId, message.reply);
        break;
    }
  });
  const start: MonitorStart = { port: port2, memory: new Heartbeat().memory };
  thread.postMessage(start, [port2]);
  await eventually(() => wakeFd !== undefined, { what: "the monitor to start" });
  send({
    kind: "open",
    worktreeId: 1,
    root: root.path,
    gitDir,
    ownFolder: undefined,
    isSocketLocked: false,
    scope: undefined,
  });

  const request = (body: Request): Promise<MonitorReply> => {
    requests += 1;
    const requestId = requests;
    send({ ...body, requestId });
    return eventually(() => replies.get(requestId), { what: `a reply to ${body.kind}` });
  };
  return {
    root,
    gitDir,
    send,
    request,
    ready: async () => {
      await eventually(() => isReady, { what: "the tree to be covered" });
    },
    async [Symbol.asyncDispose]() {
      await request({ kind: "stop" });
      thread.terminate();
      port1.close();
      root[Symbol.dispose]();
    },
  };
}

function walkFor(
  walk: Extract<FromMonitor, { kind: "walk" }>,
  send: (message: ToMonitor) => void,
): void {
  const walker = new Worker(new URL("../../src/watch/walker-main.ts", import.meta.url));
  walker.addEventListener("message", (event: MessageEvent<WalkerMessage>) => {
    const found = event.data;
    if (found.kind !== "progress") {
      const result = found.kind === "table" ? { ...found, catchUp: undefined } : found;
      send({ kind: "walked", worktreeId: 1, attempt: walk.attempt, result });
      walker.terminate();
    }
  });
  walker.postMessage({ root: walk.root, inotifyFd: walk.inotifyFd, excluded: walk.excluded });
}
