/**
 * Makes the functions of node:fs fail that src/ uses on the monitor's side, for failures that a
 * test, which may run as root, cannot cause on a disk.
 *
 * The functions are replaced once for the whole process, and pass on while nobody intercepts them.
 * Imports are live bindings: modules that are loaded already see the replacements, too.
 */

import { mock } from "bun:test";
import * as fs from "node:fs";

import { EACCES, EIO, ENOSPC } from "../../src/ffi/libc.ts";

const FILE_FUNCTIONS = [
  "chmodSync",
  "closeSync",
  "fstatSync",
  "lstatSync",
  "mkdirSync",
  "openSync",
  "readdirSync",
  "renameSync",
  "rmSync",
  "statSync",
  "unlinkSync",
] as const;

export type FileFunctionName = (typeof FILE_FUNCTIONS)[number];
export type FileFunction = (...args: readonly unknown[]) => unknown;
export type Interceptor = (
  name: FileFunctionName,
  real: FileFunction,
  args: readonly unknown[],
) => unknown;

/** The functions themselves, for code that must not be intercepted. */
export const realFiles = { ...fs };

const NUMBERS = { EACCES, EIO, ENOSPC };

let interceptor: Interceptor | undefined;

/** Until the end of the scope every call of these functions goes through `intercept`. */
export function interceptFiles(intercept: Interceptor): Disposable {
  const before = interceptor;
  interceptor = intercept;
  return {
    [Symbol.dispose]() {
      interceptor = before;
    },
  };
}

/** Until the end of the scope every such call throws as the runtime does. */
export function failFileFunction(
  failing: FileFunctionName,
  errnoName: keyof typeof NUMBERS,
): Disposable {
  return interceptFiles((name, real, args) => {
    if (name === failing) {
      throw fileError(name, NUMBERS[errnoName]);
    }
    return real(...args);
  });
}

/** The error carries the number negated, as the runtime's own does. */
export function fileError(name: FileFunctionName, errno: number): Error {
  return Object.assign(new Error(`errno ${errno}, ${name}`), { errno: -errno, syscall: name });
}

const replaced = FILE_FUNCTIONS.map((name) => {
  const real = realFiles[name] as FileFunction;
  const replacement: FileFunction = (...args) =>
    interceptor === undefined ? real(...args) : interceptor(name, real, args);
  return [name, replacement] as const;
});
void mock.module("node:fs", () => ({ ...realFiles, ...Object.fromEntries(replaced) }));
