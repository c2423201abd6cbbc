/** Makes a system call of gity's own fail: the table in src/ffi/libc.ts has an entry for each. */

import {
  EACCES,
  EAGAIN,
  EINTR,
  EIO,
  EMFILE,
  ENOBUFS,
  ENOMEM,
  ENOSPC,
  errnoForTest,
  libc,
} from "../../src/ffi/libc.ts";

const NUMBERS = { EACCES, EAGAIN, EINTR, EIO, EMFILE, ENOBUFS, ENOMEM, ENOSPC };

/** How often something is called until the end of the scope. */
export function countCalls(name: "getdents64" | "open"): Disposable & { readonly calls: number } {
  const original = libc[name];
  let calls = 0;
  (libc as Record<string, unknown>)[name] = (...args: unknown[]): unknown => {
    calls += 1;
    return (original as (...given: unknown[]) => unknown)(...args);
  };
  return {
    get calls() {
      return calls;
    },
    [Symbol.dispose]() {
      (libc as Record<string, unknown>)[name] = original;
    },
  };
}

/** Something happens just before the next such call. */
export function beforeNextCall(name: "getdents64", step: () => void): Disposable {
  const original = libc[name];
  libc[name] = (...args) => {
    libc[name] = original;
    step();
    return original(...args);
  };
  return {
    [Symbol.dispose]() {
      libc[name] = original;
    },
  };
}

/** Until the end of the scope every such call returns -1 with this errno. */
export function failCall(name: keyof typeof libc, errnoName: keyof typeof NUMBERS): Disposable {
  const original = libc[name];
  const errno = NUMBERS[errnoName];
  libc[name] = () => {
    errnoForTest.value = errno;
    return -1;
  };
  return {
    [Symbol.dispose]() {
      libc[name] = original;
      errnoForTest.value = 0;
    },
  };
}
