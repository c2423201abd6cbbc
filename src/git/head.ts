/** What is checked out, by the file HEAD alone: without git, without the refs, and without waiting. */

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

import { orUndefined } from "../base/or-undefined.ts";

export interface Head {
  /** One character a byte; null: detached. */
  readonly branch: string | null;
  /** Null on a branch: its file would have to be read, which may be packed, or in a table. */
  readonly commit: string | null;
}

const BRANCH = /^ref: refs\/heads\/(.+)$/;
const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** What stands in HEAD where refs are kept in tables (gitrepository-layout(5), "reftable"). */
const ELSEWHERE = ".invalid";

/** Undefined where HEAD does not say. */
export function readHead(gitDir: string): Head | undefined {
  const text = orUndefined(() => readLine(`${gitDir}/HEAD`)) ?? "";
  const branch = BRANCH.exec(text)?.[1];
  if (branch !== undefined) {
    return branch === ELSEWHERE ? undefined : { branch, commit: null };
  }
  return COMMIT.test(text) ? { branch: null, commit: text } : undefined;
}

/** A named pipe is not waited for. */
function readLine(path: string): string | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return fstatSync(fd).isFile() ? readFileSync(fd, "latin1").trimEnd() : undefined;
  } finally {
    closeSync(fd);
  }
}
