/** The choice between socket and hook. */

import { expect, test } from "bun:test";

import { chooseWay, wayWarnings } from "../../src/git/choose-way.ts";
import type { InstalledGit } from "../../src/protocol/way.ts";

function git(version: string): InstalledGit {
  const [, minor = "0"] = version.split(".");
  return { path: `/opt/${version}/git`, version, canAskSocket: Number(minor) >= 55 };
}

const OLD = git("2.39.5");
const NEW = git("2.55.0");

test.each([
  ["auto", [NEW], "socket", "every git here can: 2.55.0 at '/opt/2.55.0/git'"],
  ["auto", [NEW, OLD], "hook", "2.39.5 at '/opt/2.39.5/git' cannot"],
  ["auto", [OLD], "hook", "2.39.5 at '/opt/2.39.5/git' cannot"],
  ["auto", [], "hook", "no git was found"],
  ["hook", [NEW], "hook", "asked for"],
  ["socket", [NEW], "socket", "asked for"],
  ["socket", [OLD, NEW], "socket", "asked for"],
] as const)("chooseWay(%s, %j) is the %s", (wanted, gits, way, why) => {
  const chosen = chooseWay(wanted, gits);
  expect(chosen.way).toBe(way);
  expect(chosen.why).toContain(why);
});

test.each([
  [[OLD], "no git here can ask a socket: 2.39.5 at '/opt/2.39.5/git'"],
  [[], "none was found"],
  // To git 2.35 `true` is a program, which says that nothing has changed.
  [[NEW, git("2.35.1")], "git 2.35.1 at '/opt/2.35.1/git' would take core.fsmonitor=true"],
])("chooseWay() refuses the socket with %j", (gits, message) => {
  expect(() => chooseWay("socket", gits)).toThrow(message);
});

test("wayWarnings() names each git that the socket leaves out", () => {
  expect(wayWarnings("hook", [OLD, NEW])).toEqual([]);
  expect(wayWarnings("socket", [OLD, NEW])).toEqual([
    "git 2.39.5 at '/opt/2.39.5/git' does not ask gity's socket: it looks at everything itself",
  ]);
});
