/**
 * The monitor thread. It gets one message, with a port; from then on it never returns to the
 * runtime's event loop.
 */

import { readFileSync } from "node:fs";
import { receiveMessageOnPort } from "node:worker_threads";

import { Heartbeat } from "../base/heartbeat.ts";
import type { FromMonitor, MonitorStart, ToMonitor } from "./messages.ts";
import { Monitor } from "./monitor.ts";

declare const self: Worker;

/** random(4), "/proc interfaces": new at each boot, the same until the next. */
const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";
const BOOT_ID_DIGITS = 16;

self.addEventListener("message", (event: MessageEvent<MonitorStart>) => {
  const { port, memory } = event.data;
  const monitor = new Monitor(
    { send, receive: () => receiveMessageOnPort(port)?.message as ToMonitor | undefined },
    { bootId: readBootId(), heartbeat: new Heartbeat(memory) },
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
