/** Repairs, and looking again. */

import { expect, test } from "bun:test";

import { GityError } from "../../../src/base/errors.ts";
import type { Diagnoses } from "../../../src/cli/doctor/diagnose.ts";
import { type Fix, fine, trouble } from "../../../src/cli/doctor/diagnosis.ts";
import { repair } from "../../../src/cli/doctor/repair.ts";

function withFixes(...fixes: readonly Fix[]): Diagnoses {
  const all = fixes.map((fix) =>
    trouble({ id: "daemon", severity: "error", message: fix.name, fix }),
  );
  return { daemonVersion: null, gits: [], all };
}

const HEALTHY: Diagnoses = { daemonVersion: "1", gits: [], all: [fine("daemon", "it runs")] };

test("repair() does each once, and what shows afterwards", async () => {
  const done: string[] = [];
  const fix = (name: string): Fix => ({
    name,
    apply: async () => {
      done.push(name);
      return `did ${name}`;
    },
  });
  const rounds = [withFixes(fix("a"), fix("b")), HEALTHY];

  const result = await repair(withFixes(fix("a"), fix("a")), async () => rounds.shift() ?? HEALTHY);

  expect(result).toEqual({ fixed: ["did a", "did b"], failed: [], diagnoses: HEALTHY });
  expect(done).toEqual(["a", "b"]);
});

test("repair() goes on after one that fails, and does not try it again", async () => {
  const failing: Fix = {
    name: "start it",
    apply: async () => {
      throw new GityError("DAEMON_FAILED", "no");
    },
  };
  const before = withFixes(failing);

  const result = await repair(before, async () => before);

  expect(result).toEqual({ fixed: [], failed: ["cannot start it: no"], diagnoses: before });
});

test("repair() of what is whole looks no second time", async () => {
  const result = await repair(HEALTHY, () => {
    throw new Error("looked again");
  });
  expect(result.diagnoses).toBe(HEALTHY);
});
