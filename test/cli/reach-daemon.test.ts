/** Commands that only need an answer. Which daemon they start or replace for it is in daemon.test.ts. */

import { readFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { builtGity } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { gityHome, isRunning } from "../support/gity-home.ts";

const SIGINT = 2;

test("a command asks a daemon that is there nothing beside its question", async () => {
  await using home = await gityHome();
  const requests: string[] = [];
  await home.gity("daemon", "stop");
  using _ = Bun.serve({
    unix: `${home.path}/run/gity.sock`,
    fetch: (request) => {
      requests.push(new URL(request.url).pathname);
      const headers = { "gity-build": "99.0 later 0" };
      return Response.json({ repositories: [] }, { headers });
    },
  });
  expect(await home.gity("list", "--json")).toMatchObject({ exitCode: 0, stderr: "" });
  expect(requests).toEqual(["/v1/repositories"]);
});

test("Ctrl-C ends a command at once that waits for a daemon that does not answer", async () => {
  await using home = await gityHome();
  const pid = await home.startDaemon();
  process.kill(pid, "SIGSTOP");
  try {
    const child = Bun.spawn([builtGity(), "events"], {
      env: { ...process.env, GITY_HOME: home.path },
      stdio: ["ignore", "ignore", "pipe"],
    });
    await eventually(() => catches(child.pid, SIGINT));
    child.kill(SIGINT);
    expect([await child.exited, await new Response(child.stderr).text()]).toEqual([130, ""]);
    expect(isRunning(pid)).toBe(true);
  } finally {
    process.kill(pid, "SIGCONT");
  }
});

/** proc_pid_status(5): a mask in hexadecimal, with the lowest bit for the first signal. */
function catches(pid: number, signal: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const mask = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return (mask & (1n << BigInt(signal - 1))) !== 0n;
}
