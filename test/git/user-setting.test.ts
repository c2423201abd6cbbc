/** The user's own settings. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { userKeys, userNumber, userWord } from "../../src/git/user-setting.ts";
import { rejection } from "../support/rejection.ts";

test("userNumber() reads the user's configuration, and no repository's", async () => {
  const path = `${process.env["HOME"] ?? ""}/.gitconfig`;
  writeFileSync(path, "[gity]\n\tnumber = 5\n\tword = no\n");
  try {
    expect(await userNumber("gity.number")).toBe(5);
    expect(await userNumber("gity.missing")).toBeUndefined();
    expect(await rejection(userNumber("gity.word"))).toMatchObject({ code: "GIT_FAILED" });
  } finally {
    await Bun.file(path).delete();
  }
});

test("userWord() reads a value without white space around it", async () => {
  const path = `${process.env["HOME"] ?? ""}/.gitconfig`;
  writeFileSync(path, '[gity]\n\tword = " yes "\n\tnone\n');
  try {
    expect(await userWord("gity.word")).toBe("yes");
    expect(await userWord("gity.none")).toBe("");
    expect(await userWord("gity.missing")).toBeUndefined();
  } finally {
    await Bun.file(path).delete();
  }
});

test("userKeys() lists what is set and begins so, each key once", async () => {
  const path = `${process.env["HOME"] ?? ""}/.gitconfig`;
  expect(await userKeys("gity.")).toEqual([]);
  writeFileSync(path, "[gity]\n\tmaxOne = 5\n\tMAXtwo\n\tmin = 1\n\tmin = 2\n[gityx]\n\tmax = 1\n");
  try {
    expect(await userKeys("gity.max")).toEqual(["gity.maxone", "gity.maxtwo"]);
    expect(await userKeys("gity.")).toEqual(["gity.maxone", "gity.maxtwo", "gity.min"]);
    expect(await userKeys("gity.none")).toEqual([]);
  } finally {
    await Bun.file(path).delete();
  }
});
