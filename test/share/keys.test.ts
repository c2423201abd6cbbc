/** Which files decide, and what they say. */

import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";

import { computeKey, parseKeyRule, ruleFor } from "../../src/share/keys.ts";
import { tempDir } from "../support/temp-dir.ts";

const FILES = ["package-lock.json", "yarn.lock"];

test("ruleFor() knows usual tools by the end of the path, and the user's rules before", () => {
  expect(ruleFor("packages/a/node_modules", [])?.files).toContain("package-lock.json");
  expect(ruleFor("target", [])?.files).toContain("Cargo.lock");
  expect(ruleFor("vendor/bundle", [])?.files).toEqual(["Gemfile.lock"]);
  expect(ruleFor("my-target", [])).toBeUndefined();
  const own = ["*/target=a", "x/target=b,c"].flatMap((text) => parseKeyRule(text) ?? []);
  expect(ruleFor("x/target", own)?.files).toEqual(["b", "c"]);
  expect(ruleFor("y/target", own)?.files).toEqual(["a"]);
});

test.each(["", "x", "=a", "x=", "x=,", "x=/etc/passwd", "x=../a", " =a"])(
  "parseKeyRule(%j) is none",
  (text) => {
    expect(parseKeyRule(text)).toBeUndefined();
  },
);

test("parseKeyRule() allows for blanks and slashes", () => {
  expect(parseKeyRule("a/b/ = x, y/z")).toEqual({
    directory: "a/b",
    files: ["x", "y/z"],
    finishMarks: {},
  });
});

test("computeKey() goes by names, places and contents, and by nothing else", () => {
  using dir = tempDir("keys");
  const roots = ["one", "two"].map((name) => dir.join(name));
  for (const root of roots) {
    mkdirSync(`${root}/p/a`, { recursive: true });
    writeFileSync(`${root}/package-lock.json`, "{}");
    writeFileSync(`${root}/p/yarn.lock`, "y");
    writeFileSync(`${root}/other`, root);
  }
  const [one = "", two = ""] = roots;
  utimesSync(`${one}/package-lock.json`, 1000, 1000);
  const keyOf = (root: string) => computeKey(root, "p/a/node_modules", FILES);

  expect(keyOf(one).digest).toBe(keyOf(two).digest ?? "none");
  expect(keyOf(one).files).toEqual(["p/yarn.lock", "package-lock.json"]);
  expect(computeKey(one, "node_modules", FILES).files).toEqual(["package-lock.json"]);
  writeFileSync(`${two}/p/a/package-lock.json`, "{}");
  expect(keyOf(two).digest).not.toBe(keyOf(one).digest ?? "none");
  expect(computeKey(one, "node_modules", ["none"])).toEqual({
    digest: undefined,
    files: [],
    modifiedAtMs: 0,
  });
});

test("computeKey() takes a link for where it leads, and does not wait for a pipe", () => {
  using dir = tempDir("keys");
  symlinkSync("/etc/hostname", dir.join("yarn.lock"));
  Bun.spawnSync(["mkfifo", dir.join("package-lock.json")]);

  expect(computeKey(dir.path, "node_modules", FILES).files).toEqual(["yarn.lock"]);
});
