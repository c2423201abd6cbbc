/** Ends and starts a daemon without giving way to anything else: between two steps of a sequence. */

import { builtGity } from "./built.ts";
import type { GityHome } from "./gity-home.ts";

export type DaemonAction = "kill" | "stop" | "start" | "start-and-wait";

const READY_MS_MAX = 30_000;

export function actOnDaemon(home: GityHome, root: string, action: DaemonAction): void {
  switch (action) {
    case "kill": {
      const { pid } = runJson(home, "daemon", "status");
      if (typeof pid === "number") {
        process.kill(pid, "SIGKILL");
      }
      return;
    }
    case "stop":
      run(home, "daemon", "stop");
      return;
    case "start":
      run(home, "daemon", "start");
      return;
    case "start-and-wait":
      run(home, "daemon", "start");
      waitUntilReady(home, root);
  }
}

function waitUntilReady(home: GityHome, root: string): void {
  const endMs = performance.now() + READY_MS_MAX;
  while (runJson(home, "health", root)["state"] !== "ready") {
    if (performance.now() > endMs) {
      throw new Error(`'${root}' is not ready ${READY_MS_MAX} ms after the daemon was started`);
    }
  }
}

function runJson(home: GityHome, ...args: string[]): Record<string, unknown> {
  const { exitCode, stdout } = run(home, ...args, "--json");
  return exitCode === 0 ? (JSON.parse(stdout.toString()) as Record<string, unknown>) : {};
}

function run(home: GityHome, ...args: string[]) {
  return Bun.spawnSync([builtGity(), ...args], {
    env: { ...process.env, GITY_HOME: home.path },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}
