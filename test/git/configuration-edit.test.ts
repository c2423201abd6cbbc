/** What gity writes into a configuration, and how each key comes out again. */

import { readFileSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import {
  commandsToRestore,
  isInPlace,
  parseConfigurationList,
  planEdit,
  planOrphanRemoval,
  planRestoration,
  wantedConfiguration,
} from "../../src/git/configuration-edit.ts";
import { gitText } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { rejection } from "../support/rejection.ts";

const WANTED = wantedConfiguration("/opt/gity-helper");
const PLAIN = "[core]\n\tbare = false\n";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const text = (content: Uint8Array | null): string | null =>
  content === null ? null : Buffer.from(content).toString("latin1");

test("planEdit() adds the keys and keeps the rest", async () => {
  using folder = tempDir("edit");
  const edit = await planEdit(bytes(PLAIN), WANTED, folder.path);

  expect(text(edit.bytesBefore)).toBe(PLAIN);
  expect(text(edit.bytesAfter)).toBe(
    "[core]\n\tbare = false\n\tfsmonitor = /opt/gity-helper\n\tfsmonitorHookVersion = 2\n" +
      "\tuntrackedCache = true\n[feature]\n\tmanyFiles = true\n[index]\n\tskipHash = false\n",
  );
  expect(await isInPlace(edit.bytesAfter, WANTED, folder.path)).toBe(true);
  expect(await isInPlace(edit.bytesBefore, WANTED, folder.path)).toBe(false);
});

test("planEdit() keeps a line that says the same already", async () => {
  using folder = tempDir("edit");
  const before = "[core]\n\tuntrackedcache=true ; mine\n";

  const edit = await planEdit(bytes(before), WANTED, folder.path);

  expect(text(edit.bytesAfter)).toContain("\tuntrackedcache=true ; mine\n");
});

test("planEdit() passes on git's complaint about a broken file", async () => {
  using folder = tempDir("edit");

  expect(await rejection(planEdit(bytes("[core\n"), WANTED, folder.path))).toMatchObject({
    code: "GIT_FAILED",
    message: expect.stringContaining("bad config line 1"),
  });
});

test.each([
  ["absent keys", PLAIN],
  ["one value", "[core]\n\tfsmonitor = /usr/bin/watchman-hook\n"],
  ["several values", "[core]\n\tuntrackedCache = keep\n\tfsmonitor = /one\n\tfsmonitor = /two\n"],
  ["our value from before", "[core]\n\tuntrackedCache = true\n[index]\n\tskipHash = false\n"],
])("planRestoration() puts back %s after another edit", async (_name, before) => {
  using folder = tempDir("edit");
  const edit = await planEdit(bytes(before), WANTED, folder.path);
  const added = "[user]\n\tname = somebody\n";

  const restored = await planRestoration(
    bytes(`${text(edit.bytesAfter) ?? ""}${added}`),
    edit.edits,
    folder.path,
  );

  expect(restored.warnings).toEqual([]);
  expect(text(restored.bytes)).toBe(before + added);
});

test("planRestoration() leaves what the user changed since, and says so", async () => {
  using folder = tempDir("edit");
  const edit = await planEdit(bytes(PLAIN), WANTED, folder.path);
  const changed = (text(edit.bytesAfter) ?? "").replace("/opt/gity-helper", "/theirs");

  const restored = await planRestoration(bytes(changed), edit.edits, folder.path);

  expect(restored.warnings).toEqual([
    "core.fsmonitor was changed to '/theirs' since, and was left so",
  ]);
  expect(text(restored.bytes)).toBe("[core]\n\tbare = false\n\tfsmonitor = /theirs\n");
});

test("planRestoration() does not bring back what the user removed", async () => {
  using folder = tempDir("edit");
  const edit = await planEdit(bytes("[core]\n\tfsmonitor = /old\n"), WANTED, folder.path);
  const removed = (text(edit.bytesAfter) ?? "").replace("\tfsmonitor = /opt/gity-helper\n", "");

  const restored = await planRestoration(bytes(removed), edit.edits, folder.path);

  expect(restored.warnings).toEqual([]);
  expect(text(restored.bytes)).not.toContain("fsmonitor");
});

test("planRestoration() takes our value out from among others", async () => {
  using folder = tempDir("edit");
  const edit = await planEdit(bytes(PLAIN), WANTED, folder.path);
  const added = `${text(edit.bytesAfter) ?? ""}[core]\n\tfsmonitor = /theirs\n`;

  const restored = await planRestoration(bytes(added), edit.edits, folder.path);

  expect(text(restored.bytes)).not.toContain("/opt/gity-helper");
  expect(text(restored.bytes)).toContain("/theirs");
  expect(restored.warnings).toHaveLength(1);
});

test("planRestoration() removes a value it has no way to write, and says so", async () => {
  using folder = tempDir("edit");
  const edit = await planEdit(bytes("[core]\n\tfsmonitor = /a\xff\n"), WANTED, folder.path);

  const restored = await planRestoration(
    bytes(`${text(edit.bytesAfter) ?? ""}# more\n`),
    edit.edits,
    folder.path,
  );

  expect(restored.warnings).toHaveLength(1);
  expect(text(restored.bytes)).not.toContain("fsmonitor");
});

test("planRestoration() of a key without a value leaves it true", async () => {
  using folder = tempDir("edit");
  const edit = await planEdit(bytes("[feature]\n\tmanyFiles\n"), WANTED, folder.path);

  const restored = await planRestoration(
    bytes(`${text(edit.bytesAfter) ?? ""}# more\n`),
    edit.edits,
    folder.path,
  );

  expect(text(restored.bytes)).toContain("manyFiles = true");
});

test("planOrphanRemoval() takes a forgotten helper out, and nothing else", async () => {
  using folder = tempDir("edit");
  const forgotten = "[core]\n\tfsmonitor = /old place/gity-helper\n\tbare = false\n";

  expect(text(await planOrphanRemoval(bytes(forgotten), folder.path))).toBe(PLAIN);
  expect(text(await planOrphanRemoval(bytes(PLAIN), folder.path))).toBe(PLAIN);
  expect(await planOrphanRemoval(null, folder.path)).toBeNull();
});

test("parseConfigurationList() tells no value from an empty one", () => {
  expect(parseConfigurationList(bytes("a.b\na.b\n\0a.c\0a.b\n\xff\n2\0"))).toEqual(
    new Map([
      ["a.b", ["a.b\n", "\xff\n2"]],
      ["a.c", [null]],
    ]),
  );
  expect(parseConfigurationList(bytes(""))).toEqual(new Map());
});

test("commandsToRestore() does for a shell what planRestoration() does", async () => {
  using folder = tempDir("commands");
  const file = folder.join("it's a config");
  const before = "[core]\n\tfsmonitor = a b\n\tfsmonitor = c\n[user]\n\tname = x\n";
  const { bytesAfter, edits } = await planEdit(
    Buffer.from(before),
    wantedConfiguration("/x/gity-helper"),
    folder.path,
  );
  writeFileSync(file, bytesAfter);

  const commands = commandsToRestore(file, edits);

  expect(Bun.spawnSync(["sh", "-ec", commands.join("; ")]).exitCode).toBe(0);
  const list = (content: string) => {
    writeFileSync(folder.join("list"), content);
    return gitText(folder.path, "config", "--file", folder.join("list"), "--list");
  };
  expect(list(readFileSync(file, "utf8"))).toBe(list(before));
});
