/** Which of two builds is the newer. */

import { expect, test } from "bun:test";

import { type BuildInfo, formatBuild, isOlderBuild, parseBuild } from "../../src/protocol/build.ts";

function build(version: string, fingerprint = "a", builtAtMs = 0): BuildInfo {
  return { version, fingerprint, builtAtMs };
}

test.each([
  ["0.9.9", "0.10.0", true],
  ["0.10.0", "0.9.9", false],
  ["1.0", "1.0.1", true],
  ["1.0", "1.0.0", false],
  ["0.0.0-source", "0.1.0", true],
  ["nonsense", "0.0.1", true],
])("isOlderBuild(): of %s and %s the first is the older: %p", (other, own, isOlder) => {
  expect(isOlderBuild(build(other), build(own))).toBe(isOlder);
});

test("isOlderBuild() goes by the time for two builds of one version, and never both ways", () => {
  const [one, two] = [build("1.0", "a", 1), build("1.0", "b", 2)];

  expect([isOlderBuild(one, two), isOlderBuild(two, one)]).toEqual([true, false]);
  expect(isOlderBuild(build("1.0", "b", 1), two)).toBe(false);
  expect(isOlderBuild(build("1.0", "c", 2), two)).toBe(false);
});

test("isOlderBuild() takes a daemon that does not say for an older one", () => {
  expect(isOlderBuild({ version: "1.0" }, build("1.0", "a", 1))).toBe(true);
  expect(isOlderBuild({}, build("1.0"))).toBe(true);
});

test("parseBuild() reads what formatBuild() writes, and nothing else", () => {
  const one = build("0.0.0-source", "a", 12.5);

  expect(parseBuild(formatBuild(one))).toEqual(one);
  expect(["", "1.0", "1.0 a", "1.0 a ", "1.0 a b"].map(parseBuild)).toEqual(
    Array.from({ length: 5 }, () => undefined),
  );
});
