/** One daemon per home, whatever becomes of it. */

import { statSync } from "node:fs";

import { expect, test } from "bun:test";

import { InstanceLock } from "../../src/store/instance-lock.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";

/** Holds the lock in a process of its own until it is ended. */
const HOLDER = `
  import { InstanceLock } from "${import.meta.dir}/../../src/store/instance-lock.ts";
  globalThis.lock = InstanceLock.acquire(process.argv[1]);
  console.log("held");
  process.stdin.resume();
`;

test("InstanceLock.acquire() refuses a second holder in this process", () => {
  using folder = tempDir("lock");
  using _lock = InstanceLock.acquire(folder.join("daemon.lock"));

  expect(() => InstanceLock.acquire(folder.join("daemon.lock"))).toThrow(
    expect.objectContaining({ code: "DAEMON_ALREADY_RUNNING" }),
  );
  expect(() => InstanceLock.acquire(folder.join("daemon.lock"))).toThrow(
    expect.objectContaining({ code: "DAEMON_ALREADY_RUNNING" }),
  );
  expect(statSync(folder.join("daemon.lock")).mode & 0o777).toBe(0o600);
});

test("InstanceLock can be had again after it was given back", () => {
  using folder = tempDir("lock");
  InstanceLock.acquire(folder.join("daemon.lock"))[Symbol.dispose]();
  using lock = InstanceLock.acquire(folder.join("daemon.lock"));

  expect(lock).toBeInstanceOf(InstanceLock);
});

test("InstanceLock of another process holds until that is killed", async () => {
  using folder = tempDir("lock");
  const path = folder.join("daemon.lock");
  await using holder = Bun.spawn([process.execPath, "-e", HOLDER, path], {
    stdin: "pipe",
    stdout: "pipe",
  });
  const { value } = await holder.stdout.getReader().read();
  expect(Buffer.from(value ?? []).toString()).toBe("held\n");

  expect(() => InstanceLock.acquire(path)).toThrow(
    expect.objectContaining({ code: "DAEMON_ALREADY_RUNNING" }),
  );
  holder.kill("SIGKILL");
  await holder.exited;

  using lock = await eventually(() => InstanceLock.acquire(path));
  expect(lock).toBeInstanceOf(InstanceLock);
});
