/** The format of a prompt: what shows, and what vanishes. */

import { expect, test } from "bun:test";

import { dialectOf } from "../../../src/cli/prompt/prompt-dialect.ts";
import { factsOfNow, factsOfThen, type PromptFacts } from "../../../src/cli/prompt/prompt-facts.ts";
import {
  FIELDS,
  parseFormat,
  PRESETS,
  renderFormat,
} from "../../../src/cli/prompt/prompt-format.ts";
import { CLEAN, SUMMARY } from "./prompt-samples.ts";

const PLAIN = dialectOf("plain", true);
const ALL = factsOfNow(SUMMARY);

function plain(text: string, facts: PromptFacts, dialect = PLAIN): string {
  const { format, mistake } = parseFormat(text);
  return format === undefined
    ? `mistake: ${mistake.message}`
    : renderFormat(format, facts, dialect);
}

test.each([
  ["default", "main rebase 2/5 ⇣2⇡1 ✖7 +4 !5 ?6 *3", "main"],
  ["ascii", "main rebase 2/5 <2>1 x7 +4 !5 ?6 *3", "main"],
  ["marks", "main *+$%|rebase 2/5|CONFLICT <>", "main"],
  ["{branch}", "main", "main"],
  ["{upstream} {commit}", "origin/main 0123456", " 0123456"],
  ["[ +{staged}]", " +4", ""],
  ["[{staged:yes}][ {clean:ok}]", "yes", " ok"],
  ["{clean}{old}{detached}", "", "="],
  ["[a{ahead}[b{behind}][c{stash}]]", "a1b2c3", ""],
  ["[a[b[c{stash}]]]", "abc3", ""],
  ["[{branch}[ only {staged}]]", "main only 4", "main"],
  ["\\[\\{branch\\}\\]\\\\", "[{branch}]\\", "[{branch}]\\"],
  ["{staged:\\}\\\\:{}", "}\\:{", ""],
  ["{red}{208}{bold}{normal}", "", ""],
  ["", "", ""],
])("%j shows %j where there is everything, and %j where there is nothing", (format, all, clean) => {
  expect([plain(format, ALL), plain(format, factsOfNow(CLEAN))]).toEqual([all, clean]);
});

test("every field shows something somewhere", () => {
  const detached = factsOfThen({ ...SUMMARY, branch: null }, undefined, SUMMARY.operation);
  const silent = Object.keys(FIELDS).filter((name) =>
    [ALL, detached, factsOfNow(CLEAN)].every(
      (facts) => facts === undefined || plain(`{${name}}`, facts) === "",
    ),
  );

  expect(silent).toEqual([]);
});

test("a commit stands for a branch where HEAD is detached", () => {
  const detached = factsOfNow({ ...CLEAN, branch: null });

  expect(plain("{detached}{branch}", detached)).toBe("@0123456");
  expect(plain("{branch}", factsOfNow({ ...CLEAN, commit: null }))).toBe("main");
});

test("what nobody knows is not clean, and what is old says so", () => {
  const old = factsOfThen(undefined, { branch: "main", commit: null }, null);

  expect(old && plain("{branch}[ {clean}][ {staged}][ {old}]", old)).toBe("main ~");
  expect(old && plain("default", old)).toBe("main ~");
});

test("an operation without steps is a word", () => {
  const merge = { kind: "merge", step: null, total: null } as const;

  expect(plain("{operation}", factsOfNow({ ...CLEAN, operation: merge }))).toBe("merge");
});

function named(bytes: Buffer): PromptFacts {
  return factsOfNow({ ...CLEAN, branch: bytes.toString("latin1") });
}

test("names are UTF-8, and what is none shows as that", () => {
  expect(plain("{branch}", named(Buffer.from("größe")))).toBe("größe");
  expect(plain("{branch}", named(Buffer.from([0x61, 0xff, 0x62])))).toBe("a\uFFFDb");
});

function ansi(format: string): string {
  return plain(format, factsOfNow(CLEAN), dialectOf("ansi", true));
}

test("no look is left when the text ends, and none is begun in vain", () => {
  expect(ansi("{green}{branch}")).toBe("\u001B[32mmain\u001B[0m");
  expect(ansi("{green}{branch}{normal}!")).toBe("\u001B[32mmain\u001B[0m!");
  expect(ansi("{branch}[{red}{staged}]")).toBe("main");
});

test.each([
  ["{brnch}", "unknown field '{brnch}'", "brnch"],
  ["{256}", "unknown field '{256}'", "256"],
  ["{-1}", "unknown field '{-1}'", "-1"],
  ["{01}", "unknown field '{01}'", "01"],
  ["{}", "unknown field '{}'", ""],
  ["{red:x}", "unknown field '{red:x}'", "red:x"],
  ["{branch", "nothing ends a '{' of the format", undefined],
  ["{branch\\}", "nothing ends a '{' of the format", undefined],
  ["a\\", "nothing follows the '\\' that ends the format", undefined],
  ["[{branch}", "a section '[' of the format has no end", undefined],
  ["{branch}]", "a ']' of the format ends no section", undefined],
  ["[text]", "a section '[...]' of the format has no field, and would never show", undefined],
])("parseFormat(%j) says %j", (text, message, unknown) => {
  expect(parseFormat(text)).toEqual({
    mistake: { message, ...(unknown === undefined ? {} : { unknown }) },
  });
});

test("parseFormat() survives every cut of every preset", () => {
  for (const preset of Object.values(PRESETS)) {
    for (let end = 0; end <= preset.length; end += 1) {
      expect(plain(preset.slice(0, end), ALL)).toBeString();
    }
  }
});
