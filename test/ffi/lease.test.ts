/** fcntl(2), F_SETLEASE: with other processes that open the file. */

import { expect, test } from "bun:test";
import { closeSync, openSync, writeFileSync } from "node:fs";

import type { Fd } from "../../src/base/brands.ts";
import { giveLeaseBack, takeWriteLease } from "../../src/ffi/lease.ts";
import { errnoForTest, libc } from "../../src/ffi/libc.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";

function leasable(path: string): Fd {
  writeFileSync(path, "content");
  return openSync(path, "r") as Fd;
}

test("takeWriteLease() keeps others from opening the file until the lease is given back", async () => {
  using dir = tempDir("lease");
  const path = dir.join("f");
  const fd = leasable(path);
  expect(takeWriteLease(fd)).toBe("granted");
  const reader = Bun.spawn(["cat", path], { stdout: "pipe" });
  // It waits where the kernel says so: in the open(2) of a leased file.
  await eventually(async () =>
    (await Bun.file(`/proc/${reader.pid}/wchan`).text()).includes("break_lease"),
  );
  expect(reader.exitCode).toBe(null);
  giveLeaseBack(fd);
  expect(await new Response(reader.stdout).text()).toBe("content");
  expect(await reader.exited).toBe(0);
  closeSync(fd);
});

test("takeWriteLease() is not granted while the file is open anywhere else", () => {
  using dir = tempDir("lease");
  const fd = leasable(dir.join("f"));
  const other = openSync(dir.join("f"), "r");
  expect(takeWriteLease(fd)).toBe("in-use");
  closeSync(other);
  expect(takeWriteLease(fd)).toBe("granted");
  closeSync(fd);
});

test("takeWriteLease() is refused for what has no leases", () => {
  const fd = openSync("/tmp", "r");
  expect(takeWriteLease(fd as Fd)).toBe("refused");
  closeSync(fd);
});

test("takeWriteLease() takes no lease where the signal cannot be chosen: the usual one ends the process", () => {
  const { fcntl } = libc;
  const calls: unknown[] = [];
  libc.fcntl = (...args) => {
    calls.push(args[1]);
    errnoForTest.value = 22;
    return -1;
  };
  try {
    expect(takeWriteLease(3 as Fd)).toBe("refused");
    expect(calls.length).toBe(1);
  } finally {
    libc.fcntl = fcntl;
    errnoForTest.value = 0;
  }
});

test("a lease ends with the process that holds it", async () => {
  using dir = tempDir("lease");
  const path = dir.join("f");
  closeSync(leasable(path));
  const program = `
    import { openSync } from "node:fs";
    import { takeWriteLease } from ${JSON.stringify(`${import.meta.dir}/../../src/ffi/lease.ts`)};
    process.stdout.write(takeWriteLease(openSync(${JSON.stringify(path)}, "r")));
    for await (const _ of Bun.stdin.stream()) {}
  `;
  const holder = Bun.spawn([process.execPath, "-e", program], {
    stdin: "pipe",
    stdout: "pipe",
  });
  const { value } = await holder.stdout.getReader().read();
  expect(Buffer.from(value ?? []).toString()).toBe("granted");
  const reader = Bun.spawn(["cat", path], { stdout: "pipe" });
  holder.kill("SIGKILL");
  expect(await reader.exited).toBe(0);
});
