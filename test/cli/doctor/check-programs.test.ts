/** The gits and the helper. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { checkGits, checkHelper, ownHelper } from "../../../src/cli/doctor/check-programs.ts";
import { builtHelper } from "../../support/built.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { DAEMON, findingsOf, patientWith, summary } from "./patient.ts";

const git = (version: string) => ({ path: `/git/${version}`, version, canAskSocket: false });

test("checkGits() knows which are too old, which faulty, and which good", () => {
  expect(summary(checkGits(["2.30.9", "2.31.0", "2.39.5", "2.43.0", "3.0"].map(git)))).toEqual([
    "error git",
    "ok git",
    "warning git",
    "ok git",
    "ok git",
  ]);
  expect(summary(checkGits([]))).toEqual(["error git"]);
});

test("checkHelper() runs it", async () => {
  using folder = tempDir("helper");
  const broken = folder.join("gity-helper");
  writeFileSync(broken, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const repositories = [{ commonDir: "/r/.git", via: "hook", worktrees: [] } as const];

  expect(summary(await checkHelper(patientWith({ helper: builtHelper() })))).toEqual(["ok helper"]);
  expect(findingsOf(await checkHelper(patientWith({ helper: broken, repositories })))).toEqual([
    expect.objectContaining({ id: "helper", severity: "error", subject: broken }),
  ]);
  // Who asks by the socket needs none.
  expect(summary(await checkHelper(patientWith({ helper: broken })))).toEqual(["warning helper"]);
});

test("checkHelper() tells that there is none, unless the daemon has", async () => {
  expect(summary(await checkHelper(patientWith()))).toEqual(["warning helper"]);
  expect(await checkHelper(patientWith({ daemon: DAEMON }))).toEqual([]);
});

test("ownHelper() is null where there is none", () => {
  expect(ownHelper(["/nowhere/gity"])).toBe(null);
  expect(ownHelper([builtHelper().replace(/-helper$/, "")])).toBe(builtHelper());
});
