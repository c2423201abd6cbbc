import { expect, test } from "bun:test";

import { formKey, PROGRAM_FORM } from "../../src/protocol/status-form.ts";

test("formKey() tells forms apart by words, folder and terminal, and by nothing else", () => {
  const forms = [
    PROGRAM_FORM,
    { ...PROGRAM_FORM, isTerminal: true },
    { ...PROGRAM_FORM, folder: "a" },
    { ...PROGRAM_FORM, words: ["--porcelain=v2"] },
    { ...PROGRAM_FORM, words: [], folder: "--porcelain=v2" },
  ];

  expect(new Set(forms.map(formKey)).size).toBe(forms.length);
  expect(formKey({ ...PROGRAM_FORM })).toBe(formKey(PROGRAM_FORM));
});
