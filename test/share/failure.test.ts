/** Failures in words. */

import { expect, test } from "bun:test";

import { EIO, ENOSPC } from "../../src/ffi/libc.ts";
import { shareFailure, shownPath } from "../../src/share/failure.ts";

test("shareFailure() names the cure where there is one", () => {
  expect(shareFailure("cannot mirror 'a'", ENOSPC)).toMatchObject({
    code: "SHARE_FAILED",
    message: "cannot mirror 'a': no space left on device",
    hint: expect.stringContaining("make room"),
    details: { errno: "ENOSPC" },
  });
  expect(shareFailure("cannot mirror 'a'", EIO)).toMatchObject({
    message: "cannot mirror 'a': EIO",
    hint: undefined,
  });
});

test("shownPath() shows the kernel's bytes as the text they are", () => {
  expect(shownPath(Buffer.from("ü").toString("latin1"))).toBe("ü");
});
