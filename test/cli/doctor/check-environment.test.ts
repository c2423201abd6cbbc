/** What is the user's own. */

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";

import {
  checkEnvironment,
  checkUserConfiguration,
  checkWatchman,
} from "../../../src/cli/doctor/check-environment.ts";
import { eventually } from "../../support/eventually.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { findingsOf } from "./patient.ts";

test("checkEnvironment() names the variables that set core.fsmonitor", () => {
  expect(checkEnvironment({ GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "core.editor" })).toEqual([]);
  expect(
    findingsOf(
      checkEnvironment({
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "Core.FSMonitor",
        GIT_CONFIG_PARAMETERS: "'core.fsmonitor'='false'",
      }),
    ).map(({ cure }) => cure),
  ).toEqual(["unset GIT_CONFIG_KEY_0", "unset GIT_CONFIG_PARAMETERS"]);
});

test("checkUserConfiguration() names a helper that is gone, and no other program", async () => {
  using home = tempDir("user");
  const before = process.env["HOME"];
  process.env["HOME"] = home.path;
  try {
    writeFileSync(home.join(".gitconfig"), "[core]\n\tfsmonitor = /x/watchman-hook\n");
    expect(await checkUserConfiguration()).toEqual([]);
    writeFileSync(home.join(".gitconfig"), "[core]\n\tfsmonitor = /x/gity-helper\n");
    expect(findingsOf(await checkUserConfiguration())).toEqual([
      expect.objectContaining({
        id: "user-configuration",
        severity: "warning",
        cure: `git config --file ${home.join(".gitconfig")} --unset-all core.fsmonitor /x/gity-helper`,
      }),
    ]);
  } finally {
    process.env["HOME"] = before;
  }
});

test("checkWatchman() sees one that runs", async () => {
  using folder = tempDir("watchman");
  // Its name is what the kernel knows it by.
  const program = folder.join("watchman");
  Bun.spawnSync(["cp", Bun.which("sleep") ?? "sleep", program]);
  const child = Bun.spawn([program, "60"]);
  try {
    await eventually(() => readFileSync(`/proc/${child.pid}/comm`, "utf8") === "watchman\n");
    expect(findingsOf(checkWatchman())).toContainEqual(
      expect.objectContaining({
        id: "watchman",
        message: expect.stringContaining(`(process ${child.pid})`),
      }),
    );
  } finally {
    child.kill();
  }
});
