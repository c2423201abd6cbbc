/**
 * The monitor thread. It gets one message, with a port; from then on it never returns to the
 * runtime's event loop.
 */

import { readFileSync } from "node:fs";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";

import type { FromMonitor, ToMonitor } from "./messages.ts";
import { Monitor } from "./monitor.ts";

declare const self: Worker;

/** random(4), "/proc interfaces": new at each boot, the same until the next. */
const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";
const BOOT_ID_DIGITS = 16;

self.addEventListener("message", (event: MessageEvent<{ port: MessagePort }>) => {
  const { port } = event.data;
  const monitor = new Monitor(
    { send, receive: () => receiveMessageOnPort(port)?.message as ToMonitor | undefined },
    readBootId(),
  );
  send({ kind: "started", wakeFd: monitor.wakeFd });
  monitor.run();
  port.close();
});

function send(message: FromMonitor): void {
  postMessage(message);
}

function readBootId(): string {
  return readFileSync(BOOT_ID_FILE, "latin1").replaceAll("-", "").slice(0, BOOT_ID_DIGITS);
}
