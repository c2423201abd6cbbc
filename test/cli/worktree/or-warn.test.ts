/** Steps that a command can do without. */

import { expect, test } from "bun:test";

import { GityError } from "../../../src/base/errors.ts";
import { orWarn } from "../../../src/cli/worktree/or-warn.ts";
import { rejection } from "../../support/rejection.ts";

test("orWarn() gives what a step gives, or undefined; an interruption and a bug are no warnings", async () => {
  const interrupted = new GityError("INTERRUPTED", "interrupted");
  const bug = new TypeError("bug");

  expect(await orWarn(async () => 7)).toBe(7);
  for (const error of [interrupted, bug]) {
    const failing = orWarn(async () => {
      throw error;
    });
    // oxlint-disable-next-line no-await-in-loop
    expect(await rejection(failing)).toBe(error);
  }
});

test("orWarn() says what went wrong, and what to do", () => {
  const script = `
    import { GityError } from "./src/base/errors.ts";
    import { orWarn } from "./src/cli/worktree/or-warn.ts";
    const given = await orWarn(async () => { throw new GityError("DAEMON_UNREACHABLE", "no daemon"); });
    console.log(given);
  `;
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "--eval", script]);

  expect([stdout.toString(), stderr.toString()]).toEqual([
    "undefined\n",
    "warning: no daemon\nhint: start it with 'gity daemon start'\n",
  ]);
});
