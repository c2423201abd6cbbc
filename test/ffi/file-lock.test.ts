/** flock(2). */

import { expect, test } from "bun:test";
import { closeSync, openSync, writeFileSync } from "node:fs";

import type { Fd } from "../../src/base/brands.ts";
import { lockFile } from "../../src/ffi/file-lock.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";

test("lockFile() gives a file to one descriptor at a time, until that is closed", () => {
  using dir = tempDir("lock");
  writeFileSync(dir.join("f"), "");
  const open = (): number => openSync(dir.join("f"), "r");
  const [one, other] = [open(), open()];
  expect([lockFile(one as Fd), lockFile(one as Fd), lockFile(other as Fd)]).toEqual([
    true,
    true,
    false,
  ]);
  closeSync(one);
  expect(lockFile(other as Fd)).toBe(true);
  closeSync(other);
});

test("lockFile() of a process that was killed is free again", async () => {
  using dir = tempDir("lock");
  writeFileSync(dir.join("f"), "");
  const holder = Bun.spawn(["flock", dir.join("f"), "sh", "-c", "echo held; sleep 60"], {
    stdout: "pipe",
    detached: true,
  });
  await holder.stdout.getReader().read();
  const fd = openSync(dir.join("f"), "r");
  expect(lockFile(fd as Fd)).toBe(false);
  process.kill(-holder.pid, "SIGKILL");
  await eventually(() => lockFile(fd as Fd));
  closeSync(fd);
});
