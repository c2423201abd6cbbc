/** The error table is public: codes cross the socket, exit codes are in scripts. */

import { expect, test } from "bun:test";

import { type ErrorCode, ERRORS, GityError, isErrorCode } from "../../src/base/errors.ts";

const CODES = Object.keys(ERRORS).filter(isErrorCode);

test("ERRORS: exit codes stay clear of 0 (done), 1 (no) and of those the shell gives away", () => {
  const outside = CODES.filter((code) => {
    const { exitCode } = ERRORS[code];
    const isShells = exitCode >= 124 && code !== "INTERRUPTED";
    return !Number.isInteger(exitCode) || exitCode < 2 || isShells;
  });

  expect(outside).toEqual([]);
});

test("ERRORS: 130 is what a shell reports for Ctrl-C", () => {
  expect(ERRORS.INTERRUPTED.exitCode).toBe(130);
});

test("ERRORS: codes are spelt as in the rest of the API", () => {
  expect(CODES.filter((code) => !/^[A-Z]+(?:_[A-Z]+)*$/.test(code))).toEqual([]);
});

test("ERRORS: hints follow git's grammar: lower case, no full stop", () => {
  const hints = CODES.map((code) => ERRORS[code].hint).filter((hint) => hint !== undefined);

  expect(hints.filter((hint) => /^[A-Z]|\.$|^\s|\s$/.test(hint))).toEqual([]);
});

test.each(CODES)("GityError(%s) takes exit code and hint from the table", (code: ErrorCode) => {
  const error = new GityError(code, "cannot do it");

  expect({
    name: error.name,
    message: error.message,
    code: error.code,
    exitCode: error.exitCode,
    hint: error.hint,
    details: error.details,
    cause: error.cause,
  }).toEqual({
    name: "GityError",
    message: "cannot do it",
    code,
    exitCode: ERRORS[code].exitCode,
    hint: ERRORS[code].hint,
    details: {},
    cause: undefined,
  });
});

test("GityError: hint, details and cause of the case at hand win over the table", () => {
  const cause = new Error("ENOSPC");
  const error = new GityError("WATCH_LIMIT_REACHED", "cannot watch '/src'", {
    hint: "close another editor",
    details: { watched: 65_536 },
    cause,
  });

  expect({ hint: error.hint, details: error.details, cause: error.cause }).toEqual({
    hint: "close another editor",
    details: { watched: 65_536 },
    cause,
  });
});

test.each(["", "NOPE", "toString", "__proto__", "constructor", "not_registered"])(
  "isErrorCode(%p) is false",
  (text) => {
    expect(isErrorCode(text)).toBe(false);
  },
);

test("isErrorCode() is true for every code", () => {
  expect(CODES.length).toBe(Object.keys(ERRORS).length);
});
