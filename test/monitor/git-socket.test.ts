/** The path of git's socket: taking it, keeping it, leaving it. */

import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import { SOCKET_LOCK_STALE_MS } from "../../src/base/limits.ts";
import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import { EIO } from "../../src/ffi/libc.ts";
import { isSomebodyListening, listenUnix } from "../../src/ffi/unix-socket.ts";
import { GitSocket } from "../../src/monitor/git-socket.ts";
import { fileError, interceptFiles } from "../support/failing-files.ts";
import { failCall } from "../support/faults.ts";
import { tempDir } from "../support/temp-dir.ts";

const NAME = "fsmonitor--daemon.ipc";

test("GitSocket listens for its user only, and leaves nothing (X2)", () => {
  using dir = tempDir("socket");
  {
    using _socket = new GitSocket(dir.path);
    expect(isSomebodyListening(dir.join(NAME))).toBe(true);
    expect(statSync(dir.join(NAME)).mode & 0o777).toBe(0o600);
  }
  expect(existsSync(dir.join(NAME))).toBe(false);
});

test("P7 GitSocket takes the place of a socket nobody listens on, and of a plain file", () => {
  using dir = tempDir("socket");
  closeDescriptor(listenUnix(dir.join(NAME)));
  expect(existsSync(dir.join(NAME))).toBe(true);
  {
    using _socket = new GitSocket(dir.path);
    expect(isSomebodyListening(dir.join(NAME))).toBe(true);
  }
  writeFileSync(dir.join(NAME), "");
  using _socket = new GitSocket(dir.path);
  expect(isSomebodyListening(dir.join(NAME))).toBe(true);
});

test("P7 GitSocket does not take the path from a server that answers", () => {
  using dir = tempDir("socket");
  using _first = new GitSocket(dir.path);
  expect(() => new GitSocket(dir.path)).toThrow("EADDRINUSE");
  expect(isSomebodyListening(dir.join(NAME))).toBe(true);
});

test("E11 GitSocket.isInPlace() tells when the path leads to another, or to none", () => {
  using dir = tempDir("socket");
  using socket = new GitSocket(dir.path);
  expect(socket.isInPlace()).toBe(true);
  unlinkSync(dir.join(NAME));
  expect(socket.isInPlace()).toBe(false);
  using _other = new GitSocket(dir.path);
  expect(socket.isInPlace()).toBe(false);
});

test("P7 GitSocket works at a path longer than sun_path", () => {
  using dir = tempDir("socket");
  const long = dir.join("x".repeat(200));
  mkdirSync(long);
  using _socket = new GitSocket(long);
  expect(isSomebodyListening(`${long}/${NAME}`)).toBe(true);
});

test("P7 GitSocket waits for nobody who is binding, and leaves no lock", () => {
  using dir = tempDir("socket");
  const lock = dir.join(`${NAME}.lock`);
  writeFileSync(lock, "");
  expect(() => new GitSocket(dir.path)).toThrow("EADDRINUSE");
  expect(readdirSync(dir.path)).toEqual([`${NAME}.lock`]);
  // Its owner was killed long ago.
  const then = (Date.now() - 2 * SOCKET_LOCK_STALE_MS) / 1000;
  utimesSync(lock, then, then);
  using _socket = new GitSocket(dir.path);
  expect(readdirSync(dir.path)).toEqual([NAME]);
});

test("P7 GitSocket knows that another server took its path, and leaves that one there", () => {
  using dir = tempDir("socket");
  const path = dir.join(NAME);
  const socket = new GitSocket(dir.path);
  expect(socket.isInPlace()).toBe(true);
  unlinkSync(path);
  const other = listenUnix(path);
  expect(socket.isInPlace()).toBe(false);
  socket[Symbol.dispose]();
  expect(isSomebodyListening(path)).toBe(true);
  closeDescriptor(other);
});

test("P7 GitSocket that fails half-way leaves nobody listening whom nobody serves", () => {
  using dir = tempDir("socket");
  {
    using _fault = failCall("listen", "EIO");
    expect(() => new GitSocket(dir.path)).toThrow("EIO");
  }
  expect(existsSync(dir.join(NAME))).toBe(false);
  let looks = 0;
  {
    using _fault = interceptFiles((name, real, args) => {
      looks += name === "lstatSync" ? 1 : 0;
      if (name === "lstatSync" && looks === 3) {
        throw fileError("lstatSync", EIO);
      }
      return real(...args);
    });
    expect(() => new GitSocket(dir.path)).toThrow("lstatSync");
  }
  expect(isSomebodyListening(dir.join(NAME))).toBe(false);
  expect(existsSync(dir.join(NAME))).toBe(false);
});
