/** Which registration a repository carries; what is done about it is in fleet.test.ts. */

import { mkdirSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { findOrigin, isRepositoryThere } from "../../src/daemon/moved-repository.ts";
import type { RepositoryRow } from "../../src/store/repositories.ts";
import { tempDir } from "../support/temp-dir.ts";

type Likeness = "exact" | "edited" | "other";

const LATER_MS = 8.64e14;

function rowAt(commonDir: string, id: number, registeredAtMs = LATER_MS): RepositoryRow {
  return { id, commonDir, registeredAtMs, wantedWay: "auto", way: "hook", wayReason: "" };
}

/** The places of what was registered, each with how its configuration compares. */
async function originOf(
  commonDir: string,
  registered: readonly (readonly [place: string, likeness: Likeness])[],
): Promise<string | undefined> {
  const rows = registered.map(([place], i) => rowAt(place, i));
  const compare = async (id: number): Promise<Likeness> => registered[id]?.[1] ?? "other";
  return (await findOrigin(commonDir, rows, { compare }))?.repository.commonDir;
}

test("findOrigin() takes what fits best, and of several the one whose path ends alike", async () => {
  using folder = tempDir("moved");
  const here = folder.join("new/a/.git");
  mkdirSync(here, { recursive: true });

  expect(await originOf(here, [])).toBeUndefined();
  expect(await originOf(here, [["/gone/x/.git", "other"]])).toBeUndefined();
  expect(await originOf(here, [["/gone/x/.git", "edited"]])).toBe("/gone/x/.git");
  expect(
    await originOf(here, [
      ["/gone/a/.git", "edited"],
      ["/gone/x/.git", "exact"],
    ]),
  ).toBe("/gone/x/.git");
  expect(
    await originOf(here, [
      ["/gone/x/.git", "exact"],
      ["/gone/a/.git", "exact"],
    ]),
  ).toBe("/gone/a/.git");
  expect(
    await originOf(here, [
      ["/gone/x/.git", "exact"],
      ["/gone/y/.git", "exact"],
    ]),
  ).toBeUndefined();
});

test("findOrigin() never takes one for another that is there", async () => {
  using folder = tempDir("moved");
  mkdirSync(folder.join("copy"));
  mkdirSync(folder.join("original"));
  writeFileSync(folder.join("original/HEAD"), "");

  expect(await originOf(folder.join("copy"), [[folder.join("original"), "exact"]])).toBeUndefined();
});

test("findOrigin() says whether it is the same folder: one that is younger is a copy", async () => {
  using folder = tempDir("moved");
  const origin = await findOrigin(folder.path, [rowAt("/gone/.git", 1, 1)], {
    compare: async () => "exact",
  });

  expect(origin?.isSame).toBe(false);
});

test("isRepositoryThere() is true of a git directory only", async () => {
  using folder = tempDir("moved");
  expect(await isRepositoryThere(folder.path)).toBe(false);
  writeFileSync(folder.join("HEAD"), "");
  expect(await isRepositoryThere(folder.path)).toBe(true);
  expect(await isRepositoryThere(folder.join("HEAD/below"))).toBe(false);
});
