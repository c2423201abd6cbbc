/** The cookie: made, seen, given up, taken away. */

import { expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";

import { Cookie, waitForAcknowledgement } from "../../src/helper/cookie.ts";
import { medianMs } from "../support/median-ms.ts";
import { tempDir } from "../support/temp-dir.ts";

/** True from the n-th look on. */
function after(looks: number): () => boolean {
  let count = 0;
  return () => {
    count += 1;
    return count >= looks;
  };
}

const always = (): boolean => true;
const never = (): boolean => false;

test("Cookie is a file with 16 hex digits for a name, and is taken away again", () => {
  using dir = tempDir("cookie");
  {
    using cookie = new Cookie(dir.path);
    expect(readdirSync(dir.path)).toEqual([cookie.name]);
    expect(cookie.name).toMatch(/^[0-9a-f]{16}$/);
  }
  expect(readdirSync(dir.path)).toEqual([]);
});

test("Cookie does not mind when somebody else took it away", () => {
  using dir = tempDir("cookie");
  using cookie = new Cookie(dir.path);
  rmSync(dir.join(cookie.name));
  expect(readdirSync(dir.path)).toEqual([]);
});

test("Cookie throws when there is no folder for cookies", () => {
  using dir = tempDir("cookie");
  expect(() => new Cookie(dir.join("missing"))).toThrow("ENOENT");
});

test("waitForAcknowledgement() waits for the monitor, and no longer than it may", async () => {
  const waitMs = await medianMs(() => {
    const startMs = performance.now();
    expect(waitForAcknowledgement(after(200), always, startMs + 1000)).toBe(true);
    expect(waitForAcknowledgement(never, always, performance.now() + 20)).toBe(false);
  });
  expect(waitMs).toBeLessThan(200);
});

test("waitForAcknowledgement() does not wait for a writer that died", async () => {
  const waitMs = await medianMs(() => {
    expect(waitForAcknowledgement(never, never, performance.now() + 1000)).toBe(false);
  });
  expect(waitMs).toBeLessThan(100);
});
