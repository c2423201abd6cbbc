/** A terminal that nobody sits at. */

import { closeSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import { isatty } from "node:tty";

import { expect, test } from "bun:test";

import { openPseudoTerminal, readPseudoTerminal } from "../../src/ffi/pseudo-terminal.ts";
import { eventually } from "../support/eventually.ts";
import { failCall } from "../support/faults.ts";
import { descriptorsOf } from "../support/process-facts.ts";

/** What has arrived once there is something. */
function read(master: Parameters<typeof readPseudoTerminal>[0]): Promise<string> {
  const buffer = Buffer.alloc(100);
  return eventually(() => {
    const result = readPseudoTerminal(master, buffer);
    return result === "nothing" ? undefined : `${result}: ${buffer.toString("latin1", 0, 9)}`;
  });
}

test("openPseudoTerminal() opens two ends, and what is written to one is read at the other", async () => {
  const { master, slave } = openPseudoTerminal();

  expect([isatty(slave), readlinkSync(`/proc/self/fd/${slave}`)]).toEqual([
    true,
    expect.stringMatching(/^\/dev\/pts\/\d+$/),
  ]);
  expect(readPseudoTerminal(master, Buffer.alloc(100))).toBe("nothing");
  writeSync(slave, "a\0b");
  expect(await read(master)).toBe("3: a\0b\0\0\0\0\0\0");
  closeSync(slave);
  closeSync(master);
});

test("readPseudoTerminal() reads what was written before the other end was closed, and then its end", async () => {
  const { master, slave } = openPseudoTerminal();
  writeSync(slave, "last words");
  closeSync(slave);

  expect(await read(master)).toBe("10: last word");
  expect(readPseudoTerminal(master, Buffer.alloc(100))).toBe("end");
  closeSync(master);
});

/** proc(5), `stat`: the fifth field behind the name, 0 for none. */
function controlling(): string | undefined {
  return readFileSync("/proc/self/stat", "latin1").split(") ")[1]?.split(" ")[4];
}

test("openPseudoTerminal() makes it nobody's controlling terminal, and no child inherits it", () => {
  const before = controlling();
  const { master, slave } = openPseudoTerminal();
  const flags = [master, slave].map((fd) =>
    Number.parseInt(
      /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1] ?? "",
      8,
    ),
  );

  expect(controlling()).toBe(before);
  // O_CLOEXEC of both; O_NONBLOCK of ours, and not of the program's.
  expect(flags.map((each) => [(each & 0o2000000) !== 0, (each & 0o4000) !== 0])).toEqual([
    [true, true],
    [true, false],
  ]);
  closeSync(slave);
  closeSync(master);
});

test.each(["posix_openpt", "grantpt", "unlockpt", "ptsname_r", "open"] as const)(
  "openPseudoTerminal() tells that %s has failed, and leaves nothing open",
  (call) => {
    const before = descriptorsOf(process.pid).length;
    {
      using _fault = failCall(call, "EIO");
      expect(() => openPseudoTerminal()).toThrow(call);
    }
    expect(descriptorsOf(process.pid).length).toBe(before);
  },
);

test.each([
  ["EINTR", "nothing"],
  ["EAGAIN", "nothing"],
  ["EIO", "end"],
] as const)("readPseudoTerminal() takes %s for %s", (errno, result) => {
  const { master, slave } = openPseudoTerminal();
  {
    using _fault = failCall("read", errno);
    expect(readPseudoTerminal(master, Buffer.alloc(1))).toBe(result);
  }
  closeSync(slave);
  closeSync(master);
});
