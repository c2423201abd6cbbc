/** The table of system calls, errno, and the error made of both. */

import { expect, test } from "bun:test";

import {
  checkSyscall,
  cString,
  ENOENT,
  errno,
  errnoName,
  libc,
  SystemCallError,
} from "../../src/ffi/libc.ts";

test("errno() after a failing call is that call's, 2,000 times in a row", () => {
  const path = cString("/nowhere/at/all", "utf8");
  for (let i = 0; i < 2000; i += 1) {
    expect(libc.open(path, 0, 0)).toBe(-1);
    expect(errno()).toBe(ENOENT);
  }
});

test("checkSyscall() throws the number with the call and the path", () => {
  const path = cString("/nowhere", "utf8");
  let thrown: unknown;
  try {
    checkSyscall(libc.open(path, 0, 0), "open", "/nowhere");
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SystemCallError);
  expect(thrown).toMatchObject({ syscall: "open", errno: ENOENT, path: "/nowhere" });
  expect((thrown as Error).message).toBe("open '/nowhere': ENOENT");
  expect(checkSyscall(7, "read")).toBe(7);
});

test("errnoName() has a word for the unknown", () => {
  expect(errnoName(9999)).toBe("errno 9999");
});

test("cString() keeps latin1 bytes and closes with NUL", () => {
  expect([...cString("a\xff", "latin1")]).toEqual([0x61, 0xff, 0]);
  expect([...cString("é", "utf8")]).toEqual([0xc3, 0xa9, 0]);
});
