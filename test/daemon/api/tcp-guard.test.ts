/** X2: who may ask on an address of this machine. */

import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { loadToken, parseTcpAddress, TcpGuard } from "../../../src/daemon/api/tcp-guard.ts";
import { tempDir } from "../../support/temp-dir.ts";

test("parseTcpAddress() takes addresses of this machine's own, and nothing else", () => {
  expect(parseTcpAddress(undefined)).toBeUndefined();
  expect(parseTcpAddress("")).toBeUndefined();
  expect(parseTcpAddress("tcp://127.0.0.1:7557")).toEqual({ hostname: "127.0.0.1", port: 7557 });
  expect(parseTcpAddress("tcp://localhost:0")).toEqual({ hostname: "localhost", port: 0 });
  expect(parseTcpAddress("tcp://[::1]:80")).toEqual({ hostname: "[::1]", port: 80 });
  for (const text of [
    "127.0.0.1:7557",
    "http://127.0.0.1:7557",
    "tcp://0.0.0.0:7557",
    "tcp://192.168.0.1:7557",
    "tcp://[::]:7557",
    "tcp://127.0.0.1",
    "tcp://127.0.0.1:",
    "tcp://127.0.0.1:65536",
    "tcp://127.0.0.1:7557/x",
    "tcp://127.0.0.1.evil.example:7557",
    "tcp://user@127.0.0.1:7557",
  ]) {
    expect(() => parseTcpAddress(text)).toThrow(
      expect.objectContaining({ code: "INVALID_REQUEST" }),
    );
  }
});

test("loadToken() makes one that nobody else can read, and keeps it", () => {
  using folder = tempDir("token");
  const path = folder.join("token");
  const token = loadToken(path);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
  expect(loadToken(path)).toBe(token);
  expect(readFileSync(path, "utf8")).toBe(`${token}\n`);
  expect(loadToken(folder.join("other"))).not.toBe(token);
});

test("loadToken() X2 X4 takes none that others can read, and follows no link", () => {
  using folder = tempDir("token");
  const path = folder.join("token");
  loadToken(path);
  chmodSync(path, 0o644);
  expect(() => loadToken(path)).toThrow(expect.objectContaining({ code: "PERMISSION_DENIED" }));
  writeFileSync(folder.join("short"), "abc\n", { mode: 0o600 });
  expect(() => loadToken(folder.join("short"))).toThrow(
    expect.objectContaining({ code: "DAEMON_FAILED" }),
  );
  symlinkSync(folder.join("elsewhere"), folder.join("link"));
  expect(() => loadToken(folder.join("link"))).toThrow(
    expect.objectContaining({ code: "PERMISSION_DENIED" }),
  );
});

const URL = "http://127.0.0.1:7557/v1/daemon";
const ask = (headers: Record<string, string>): Request => new Request(URL, { headers });
const OURS = { authorization: "Bearer secret", host: "127.0.0.1:7557" };

test("TcpGuard lets the token in, under every name of this machine's own", () => {
  const guard = new TcpGuard("secret");
  for (const host of ["127.0.0.1:7557", "localhost:7557", "LOCALHOST:7557", "[::1]:7557"]) {
    expect(guard.refuses(ask({ ...OURS, host }))).toBeUndefined();
  }
});

test.each([
  ["no token", { host: OURS.host }, 401],
  ["a wrong token", { ...OURS, authorization: "Bearer secret2" }, 401],
  ["the beginning of it", { ...OURS, authorization: "Bearer secre" }, 401],
  ["another scheme", { ...OURS, authorization: "Basic secret" }, 401],
  ["an empty token", { ...OURS, authorization: "Bearer " }, 401],
  ["another host", { ...OURS, host: "evil.example:7557" }, 421],
  ["another host that begins alike", { ...OURS, host: "127.0.0.1.evil.example:7557" }, 421],
  ["another port", { ...OURS, host: "127.0.0.1:80" }, 421],
  ["no host", { ...OURS, host: "" }, 421],
  ["a web page", { ...OURS, origin: "http://127.0.0.1:7557" }, 403],
])("TcpGuard refuses %s", (_, headers, status) => {
  expect(new TcpGuard("secret").refuses(ask(headers))?.status).toBe(status as 401);
});
