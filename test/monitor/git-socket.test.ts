/** The path of git's socket: taking it, keeping it, leaving it. */

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";

import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import { isSomebodyListening, listenUnix } from "../../src/ffi/unix-socket.ts";
import { GitSocket } from "../../src/monitor/git-socket.ts";
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

test("P7 GitSocket leaves a path alone that another server has taken from it", () => {
  using dir = tempDir("socket");
  let thief: GitSocket;
  {
    using _robbed = new GitSocket(dir.path);
    unlinkSync(dir.join(NAME));
    thief = new GitSocket(dir.path);
  }
  expect(isSomebodyListening(dir.join(NAME))).toBe(true);
  thief[Symbol.dispose]();
  expect(existsSync(dir.join(NAME))).toBe(false);
});

test("P7 GitSocket works at a path longer than sun_path", () => {
  using dir = tempDir("socket");
  const long = dir.join("x".repeat(200));
  mkdirSync(long);
  using _socket = new GitSocket(long);
  expect(isSomebodyListening(`${long}/${NAME}`)).toBe(true);
});
