/**
 * A4: after unregistering, the configuration is what it was before, byte for byte, whatever it
 * was and whatever happened in between.
 */

import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import { expect, test } from "bun:test";

import { ConfigurationKeeper } from "../../src/daemon/configuration-keeper.ts";
import { Store } from "../../src/store/store.ts";
import { runGit } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";
import { rejection } from "../support/rejection.ts";
import { BY_HOOK } from "../support/ways.ts";

const HELPER = "/opt/gity-helper";
const MAIN = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n";

function openKeeper() {
  const folder = tempDir("keeper");
  const tree = tempWorktree("keeper");
  const store = Store.open(folder.join("gity.db"));
  const repository = store.write((tables) => tables.repositories.insert(tree.gitDir, 1, BY_HOOK));
  const path = `${tree.gitDir}/config`;
  return {
    keeper: new ConfigurationKeeper(store, folder.path),
    store,
    repository,
    tree,
    path,
    read: () => readFileSync(path, "latin1"),
    write: (text: string) => {
      writeFileSync(path, Buffer.from(text, "latin1"));
    },
    value: (key: string) => runGit(tree.path, "config", "--get", key).toString().trim(),
    /** What replacing leaves beside the file, and git's copies in the scratch folder. */
    leftovers: () => [
      ...readdirSync(tree.gitDir).filter((name) => /^config./.test(name)),
      ...readdirSync(folder.path).filter((name) => name.startsWith("config-")),
    ],
    [Symbol.dispose]: () => {
      store[Symbol.dispose]();
      tree[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

test.each([
  ["plain", MAIN],
  ["comments and odd spacing", `# top\n${MAIN};x\n  [feature]  # x\n\tother=1 # here\n`],
  [
    "a section shared with other keys",
    `${MAIN}[feature]\n\texperimental = true\n[index]\n\tversion = 2\n`,
  ],
  [
    "keys of ours with other values",
    `${MAIN}\tfsmonitor = /x\n\tuntrackedCache = keep\n[index]\n skiphash=true\n`,
  ],
  [
    "keys of ours with our values",
    `${MAIN}\tuntrackedCache = true\n[feature]\n\tmanyFiles = true\n`,
  ],
  ["several values", `${MAIN}\tfsmonitor = /x\n\tfsmonitor = /y\n[core]\n\tfsmonitor = /z\n`],
  ["a key without a value", `${MAIN}[feature]\n\tmanyFiles\n`],
  ["carriage returns", MAIN.replaceAll("\n", "\r\n")],
  ["no newline at the end", MAIN.trimEnd()],
  ["a byte order mark", `\xef\xbb\xbf${MAIN}`],
  ["bytes that are not UTF-8", `${MAIN}\tfsmonitor = /\xff\n[user]\n\tname = \xe9\n`],
  ["continued lines and quotes", `${MAIN}[alias]\n\tx = "a \\\n b"\n\ty = a\\\n b\n`],
  ["an include", `${MAIN}[include]\n\tpath = other\n`],
  ["upper-case names", `[CORE]\n\tFsMonitor = /x\n${MAIN}`],
])("ConfigurationKeeper A4 restores byte for byte: %s", async (_name, before) => {
  using case_ = openKeeper();
  case_.write(before);
  chmodSync(case_.path, 0o640);

  await case_.keeper.apply(case_.repository, HELPER);
  expect(case_.value("core.fsmonitor")).toBe(HELPER);
  expect(case_.value("core.fsmonitorHookVersion")).toBe("2");
  expect(case_.value("core.untrackedCache")).toBe("true");
  expect(case_.value("feature.manyFiles")).toBe("true");
  expect(case_.value("index.skipHash")).toBe("false");
  const warnings = await case_.keeper.restore(case_.repository);

  expect(warnings).toEqual([]);
  expect(case_.read()).toBe(before);
  expect(statSync(case_.path).mode & 0o777).toBe(0o640);
  expect(case_.leftovers()).toEqual([]);
});

test("ConfigurationKeeper.apply() is idempotent", async () => {
  using case_ = openKeeper();
  const before = case_.read();
  await case_.keeper.apply(case_.repository, HELPER);
  const inode = statSync(case_.path).ino;
  await case_.keeper.apply(case_.repository, HELPER);

  expect(statSync(case_.path).ino).toBe(inode);
  await case_.keeper.restore(case_.repository);
  expect(case_.read()).toBe(before);
  expect(await case_.keeper.restore(case_.repository)).toEqual([]);
});

test("ConfigurationKeeper.apply() with another helper keeps what was there first", async () => {
  using case_ = openKeeper();
  const before = `${MAIN}\tfsmonitor = /watchman\n`;
  case_.write(before);
  await case_.keeper.apply(case_.repository, HELPER);
  await case_.keeper.apply(case_.repository, "/new/gity-helper");

  expect(case_.value("core.fsmonitor")).toBe("/new/gity-helper");
  await case_.keeper.restore(case_.repository);
  expect(case_.read()).toBe(before);
});

test("ConfigurationKeeper.apply() that fails half way keeps what was there first", async () => {
  using case_ = openKeeper();
  const before = `${MAIN}\tfsmonitor = /watchman\n`;
  case_.write(before);
  await case_.keeper.apply(case_.repository, HELPER);
  // A value that git does not take: the old one is put back by then.
  const failure = await rejection(case_.keeper.apply(case_.repository, "/new\0/gity-helper"));

  expect(failure).toBeInstanceOf(Error);
  expect(case_.read()).toBe(before);
  expect(case_.keeper.isSaved(case_.repository.id)).toBe(true);
  await case_.keeper.apply(case_.repository, HELPER);
  expect(case_.value("core.fsmonitor")).toBe(HELPER);
  await case_.keeper.restore(case_.repository);
  expect(case_.read()).toBe(before);
  expect(case_.keeper.isSaved(case_.repository.id)).toBe(false);
});

test("ConfigurationKeeper.apply() after an edit by the user makes it part of what is restored", async () => {
  using case_ = openKeeper();
  await case_.keeper.apply(case_.repository, HELPER);
  runGit(case_.tree.path, "config", "core.fsmonitor", "/theirs");
  runGit(case_.tree.path, "config", "user.name", "somebody");
  await case_.keeper.apply(case_.repository, HELPER);
  expect(case_.value("core.fsmonitor")).toBe(HELPER);

  await case_.keeper.restore(case_.repository);

  expect(case_.value("core.fsmonitor")).toBe("/theirs");
  expect(case_.value("user.name")).toBe("somebody");
  expect(case_.read()).not.toContain("manyFiles");
});

test("ConfigurationKeeper.restore() leaves what the user changed since", async () => {
  using case_ = openKeeper();
  await case_.keeper.apply(case_.repository, HELPER);
  runGit(case_.tree.path, "config", "core.untrackedCache", "keep");
  runGit(case_.tree.path, "config", "user.name", "somebody");

  const warnings = await case_.keeper.restore(case_.repository);

  expect(warnings).toEqual(["core.untrackedCache was changed to 'keep' since, and was left so"]);
  expect(case_.value("core.untrackedCache")).toBe("keep");
  expect(case_.value("user.name")).toBe("somebody");
  expect(case_.read()).not.toContain("fsmonitor");
});

test("ConfigurationKeeper follows a symlinked file and keeps the link", async () => {
  using case_ = openKeeper();
  using elsewhere = tempDir("elsewhere");
  const before = case_.read();
  renameSync(case_.path, elsewhere.join("real"));
  symlinkSync(elsewhere.join("real"), case_.path);

  await case_.keeper.apply(case_.repository, HELPER);
  expect(readFileSync(elsewhere.join("real"), "utf8")).toContain(HELPER);
  await case_.keeper.restore(case_.repository);

  expect(lstatSync(case_.path).isSymbolicLink()).toBe(true);
  expect(case_.read()).toBe(before);
  expect(readdirSync(elsewhere.path)).toEqual(["real"]);
});

test("ConfigurationKeeper changes nothing while git holds the lock", async () => {
  using case_ = openKeeper();
  const before = case_.read();
  writeFileSync(`${case_.path}.lock`, "");

  expect(await rejection(case_.keeper.apply(case_.repository, HELPER))).toMatchObject({
    code: "CONFIGURATION_LOCKED",
  });
  expect(case_.read()).toBe(before);
  rmSync(`${case_.path}.lock`);
  await case_.keeper.apply(case_.repository, HELPER);
  const applied = case_.read();
  writeFileSync(`${case_.path}.lock`, "");

  expect(await rejection(case_.keeper.restore(case_.repository))).toMatchObject({
    code: "CONFIGURATION_LOCKED",
  });
  expect(case_.read()).toBe(applied);
  rmSync(`${case_.path}.lock`);
  await case_.keeper.restore(case_.repository);
  expect(case_.read()).toBe(before);
});

test("ConfigurationKeeper recovers from a crash on either side of the replacement", async () => {
  using case_ = openKeeper();
  const before = case_.read();
  await case_.keeper.apply(case_.repository, HELPER);
  const after = case_.read();
  const saved = case_.store.read((tables) => tables.savedConfigurations.find(case_.repository.id));

  for (const content of [before, after]) {
    case_.store.write((tables) => {
      tables.savedConfigurations.saveApplying(case_.repository.id, saved!);
    });
    case_.write(content);
    expect(case_.keeper.isUnfinished(case_.repository.id)).toBe(true);

    await case_.keeper.apply(case_.repository, HELPER);

    expect(case_.keeper.isUnfinished(case_.repository.id)).toBe(false);
    expect(case_.read()).toBe(after);
    await case_.keeper.restore(case_.repository);
    expect(case_.read()).toBe(before);
  }
});

test("ConfigurationKeeper does not restore a helper that nobody remembers", async () => {
  using case_ = openKeeper();
  case_.write(`${MAIN}\tfsmonitor = /old/gity-helper\n\tfsmonitorHookVersion = 2\n`);

  await case_.keeper.apply(case_.repository, HELPER);
  await case_.keeper.restore(case_.repository);

  expect(case_.read()).toBe(MAIN);
});

test("ConfigurationKeeper serves a repository without a configuration file", async () => {
  using case_ = openKeeper();
  rmSync(case_.path);

  await case_.keeper.apply(case_.repository, HELPER);
  expect(case_.read()).toContain(HELPER);
  await case_.keeper.restore(case_.repository);

  expect(readdirSync(case_.tree.gitDir)).not.toContain("config");
});
