/** Findings, and the repairs that go with them. */

import { expect, test } from "bun:test";

import { fine, trouble } from "../../../src/cli/doctor/diagnosis.ts";

test("trouble() is fixable exactly when there is a repair", () => {
  const fix = { name: "x", apply: async () => "did x" };
  const facts = { id: "daemon", severity: "error", message: "m" } as const;

  expect(trouble(facts)).toEqual({
    finding: { ...facts, cure: null, subject: null, fixable: false },
  });
  expect(trouble({ ...facts, fix })).toMatchObject({ finding: { fixable: true }, fix });
  expect(fine("daemon", "m").finding).toMatchObject({ severity: "ok", fixable: false });
});
