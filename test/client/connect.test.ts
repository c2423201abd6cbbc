/** The way in for programs. */

import { chmodSync } from "node:fs";

import { expect, test } from "bun:test";

import { connect, currentHome } from "../../src/client/connect.ts";
import { tempDir } from "../support/temp-dir.ts";
import { rejection } from "../support/rejection.ts";

test("currentHome() and connect() go by GITY_HOME", async () => {
  using folder = tempDir("connect");
  process.env["GITY_HOME"] = folder.path;
  try {
    expect(currentHome().home).toBe(folder.path);
    expect(await rejection(connect().daemonInfo())).toMatchObject({
      code: "DAEMON_UNREACHABLE",
      message: expect.stringContaining(folder.path),
    });
    chmodSync(folder.path, 0o777);
    expect(() => currentHome()).toThrow(expect.objectContaining({ code: "PERMISSION_DENIED" }));
    process.env["GITY_HOME"] = "relative";
    expect(() => currentHome()).toThrow(expect.objectContaining({ code: "UNSUPPORTED_PATH" }));
  } finally {
    delete process.env["GITY_HOME"];
  }
});
