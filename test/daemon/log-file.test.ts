/** The daemon's log. */

import { existsSync, openSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { LOG_TEXT_CHARACTERS_MAX } from "../../src/base/limits.ts";
import { LogFile, type NewLogLine } from "../../src/daemon/log-file.ts";
import { tempDir } from "../support/temp-dir.ts";

test("LogFile appends lines with time and level, for this user only", () => {
  using folder = tempDir("log");
  const path = folder.join("daemon.log");
  for (const word of ["one", "two"]) {
    using log = LogFile.open(path);
    log.write("info", word, { pid: 1 });
  }

  expect(readFileSync(path, "utf8")).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z info one pid=1\n\d{4}-\d\d-\d\dT[\d:.]+Z info two pid=1\n$/,
  );
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("LogFile X4 does not write through a planted link", () => {
  using folder = tempDir("log");
  symlinkSync(folder.join("victim"), folder.join("daemon.log"));

  expect(() => LogFile.open(folder.join("daemon.log"))).toThrow("ELOOP");
});

test("LogFile takes any text for what it is: no template, one line", () => {
  using folder = tempDir("log");
  const path = folder.join("daemon.log");
  using log = LogFile.open(path);
  log.write("warn", "a {b} {{c}}\n%s", { path: "x y\n", b: 1 });

  expect(readFileSync(path, "utf8").slice(25)).toBe('warn a {b} {{c}}\\n%s path="x y\\n" b=1\n');
});

test("LogFile writes what is at least of its level, info at first", () => {
  using folder = tempDir("log");
  const path = folder.join("daemon.log");
  using log = LogFile.open(path);
  log.write("debug", "one");
  log.write("info", "two");
  log.setLevel("error");
  log.write("warn", "three");
  log.write("error", "four");
  log.setLevel("debug");
  log.write("debug", "five");

  expect(readFileSync(path, "utf8").match(/Z \w+ \w+/g)).toEqual([
    "Z info two",
    "Z error four",
    "Z debug five",
  ]);
});

test("LogFile takes secrets out of the file, of the echo, and of what it hands on", () => {
  using folder = tempDir("log");
  const path = folder.join("daemon.log");
  const echoFd = openSync(folder.join("echo"), "w");
  using log = LogFile.open(path, echoFd);
  const lines: NewLogLine[] = [];
  log.write("info", "before https://user:S3CRET@example.com");
  log.listen((line) => lines.push(line));
  log.write("error", "cannot fetch https://user:S3CRET@example.com", {
    root: "/x/https:/user:S3CRET@example.com",
    stack: "Error: no\n    at https://S3CRET@example.com/?access_token=S3CRET",
    password: "S3CRET",
    long: `${"x".repeat(LOG_TEXT_CHARACTERS_MAX)} https://user:S3CRET@example.com`,
  });

  const written = [path, folder.join("echo")].map((file) => readFileSync(file, "utf8"));
  expect(written[0]).toBe(written[1] ?? "");
  expect(written[0]).toContain("https://***@example.com");
  expect(written[0]).not.toContain("S3CRET");
  expect(JSON.stringify(lines)).not.toContain("S3CRET");
  expect(lines.map(({ level }) => level)).toEqual(["info", "error"]);
});

test("LogFile shortens what is too long, and no password to half of one", () => {
  using folder = tempDir("log");
  const path = folder.join("daemon.log");
  using log = LogFile.open(path);
  const start = "x".repeat(LOG_TEXT_CHARACTERS_MAX - 20);
  log.write("info", `${start} https://user:S3CRETS3CRET@example.com`);

  const text = readFileSync(path, "utf8");
  expect(text).not.toContain("S3CRET");
  expect(text.length).toBeLessThan(LOG_TEXT_CHARACTERS_MAX + 100);
});

test("LogFile survives a full disk, and an echo that nobody reads", () => {
  using folder = tempDir("log");
  const full = openSync("/dev/full", "w");
  using log = LogFile.open(folder.join("daemon.log"), full);
  const lines: NewLogLine[] = [];
  log.listen((line) => lines.push(line));
  log.write("info", "one");

  expect(lines.map(({ message }) => message)).toEqual(["one"]);
  expect(readFileSync(folder.join("daemon.log"), "utf8")).toContain("one");
});

test("LogFile rotates", () => {
  using folder = tempDir("log");
  const path = folder.join("daemon.log");
  writeFileSync(path, "");
  using log = LogFile.open(path, undefined, { bytesMax: 100, filesMax: 2 });
  for (let i = 0; i < 10; i += 1) {
    log.write("info", `line ${i}`);
  }

  expect(existsSync(`${path}.1`)).toBe(true);
  expect(existsSync(`${path}.2`)).toBe(false);
  expect(readFileSync(path, "utf8")).toContain("line 9\n");
  expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(100);
});
