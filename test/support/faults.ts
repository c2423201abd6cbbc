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
