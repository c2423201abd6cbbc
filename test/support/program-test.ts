/** Tests of what another program makes of gity's output; skipped where there is none, and it is said. */

import { test } from "bun:test";

export function programTest(program: string, name: string, body: () => void | Promise<void>): void {
  if (Bun.which(program) === null) {
    test.skip(`${name} (skipped: there is no ${program})`, body);
  } else {
    test(name, body, 60_000);
  }
}
