/** The way of a prompt past the command line: only for words that a prompt has. */

import { expect, test } from "bun:test";

import { parseDialect, parsePromptMs, showPrompt } from "../../../src/cli/prompt/show-prompt.ts";
import { inPlace } from "../../support/in-place.ts";
import { tempDir } from "../../support/temp-dir.ts";

test.each([
  [[]],
  [["--color=bash"]],
  [["--color=zsh", "--format={branch}", "--timeout=20"]],
  [["--format=a=b{branch}"]],
])("showPrompt() takes %j", async (words) => {
  using folder = tempDir("outside");

  expect(await inPlace(folder.path, {}, async () => showPrompt(words, async () => {}))).toBe(0);
});

test.each([
  [["--json"]],
  [["--help"]],
  [["."]],
  [["--"]],
  [["--color", "bash"]],
  [["--color=fish"]],
  [["--format="]],
  [["--format={brnch}"]],
  [["--timeout=1s"]],
  [["--timeout=10001"]],
  [["--init=bash"]],
  [["--bogus=1"]],
  [["--color=bash", "."]],
])("showPrompt() leaves %j to the command", async (words) => {
  using folder = tempDir("outside");

  const exitCode = await inPlace(folder.path, {}, async () => showPrompt(words, async () => {}));
  expect(exitCode).toBeUndefined();
});

test.each([
  ["0", 0],
  ["50", 50],
  ["10000", 10_000],
  ["10001", undefined],
  ["-1", undefined],
  ["1.5", undefined],
  ["050", undefined],
  ["1e3", undefined],
  ["0x10", undefined],
  [" 1", undefined],
  ["", undefined],
])("parsePromptMs(%j) is %j", (text, expected) => {
  expect(parsePromptMs(text)).toBe(expected);
});

async function greenOf(color: string, noColor: string): Promise<string | undefined> {
  return inPlace("/", { NO_COLOR: noColor }, async () => parseDialect(color)?.look("green"));
}

test("parseDialect() knows the words of the option, and NO_COLOR", async () => {
  expect(await greenOf("ansi", "")).toBe("\u001B[32m");
  expect(await greenOf("ansi", "1")).toBe("");
  expect(await greenOf("never", "")).toBe("");
  expect(await greenOf("plain", "")).toBeUndefined();
});
