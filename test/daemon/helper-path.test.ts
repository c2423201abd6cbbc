/** The helper under a path that git takes. */

import { chmodSync, mkdirSync, readlinkSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { homeLayout } from "../../src/base/home.ts";
import { findHelper, isPlainWord } from "../../src/daemon/helper-path.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";

function layoutOf(folder: TempDir, name: string) {
  const layout = homeLayout({ GITY_HOME: folder.join(name) });
  if (layout === undefined) {
    throw new Error("no layout");
  }
  mkdirSync(layout.binFolder, { recursive: true });
  return layout;
}

function helperIn(folder: TempDir, name: string): string {
  mkdirSync(folder.join(name));
  writeFileSync(folder.join(name, "gity-helper"), "#!/bin/sh\n", { mode: 0o755 });
  return folder.join(name, "gity-helper");
}

test("findHelper() is the one beside the executable", () => {
  using folder = tempDir("helper");
  const helper = helperIn(folder, "bin");
  const layout = layoutOf(folder, "home");

  expect(
    findHelper({
      configured: undefined,
      isCompiled: true,
      executable: folder.join("bin", "gity"),
      layout,
    }),
  ).toBe(helper);
});

test("findHelper() prefers the configured one, and links around blanks", () => {
  using folder = tempDir("helper");
  const layout = layoutOf(folder, "home");
  const search = { isCompiled: true, executable: "/nowhere/gity", layout };

  for (const name of ["a b", "c $d"]) {
    const helper = helperIn(folder, name);
    const link = findHelper({ ...search, configured: helper });
    expect(link).toBe(`${layout.binFolder}/gity-helper`);
    expect(readlinkSync(link)).toBe(helper);
  }
});

test("findHelper() refuses when the home has blanks too", () => {
  using folder = tempDir("helper");
  const layout = layoutOf(folder, "my home");
  const configured = helperIn(folder, "a b");

  expect(() =>
    findHelper({ configured, isCompiled: true, executable: "/nowhere/gity", layout }),
  ).toThrow(
    expect.objectContaining({
      code: "UNSUPPORTED_PATH",
      hint: expect.stringContaining("GITY_HOME"),
    }),
  );
});

test("findHelper() reports a helper that is missing or cannot be run", () => {
  using folder = tempDir("helper");
  const layout = layoutOf(folder, "home");
  const helper = helperIn(folder, "bin");
  chmodSync(helper, 0o644);

  for (const configured of [helper, folder.join("none")]) {
    expect(() =>
      findHelper({ configured, isCompiled: true, executable: "/nowhere/gity", layout }),
    ).toThrow(expect.objectContaining({ code: "HELPER_MISSING" }));
  }
});

test("isPlainWord() is false for everything that makes git start a shell", () => {
  // run-command.c, prepare_shell_cmd().
  const special = "|&;<>()$`\\\"' \t\n*?[#~=%".split("");

  expect(special.filter((character) => isPlainWord(`/a${character}b`))).toEqual([]);
  expect(isPlainWord("/opt/gity-1.0/bin/gity_helper+é")).toBe(true);
});
