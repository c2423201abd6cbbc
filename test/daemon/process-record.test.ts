/** Which process the daemon is. */

import { existsSync, statSync, symlinkSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { processIdentity } from "../../src/base/process-identity.ts";
import { writeProcessRecord } from "../../src/daemon/process-record.ts";
import { tempDir } from "../support/temp-dir.ts";

test("writeProcessRecord() is there until it is disposed of, for this user only", async () => {
  using folder = tempDir("record");
  const path = folder.join("daemon.json");
  writeFileSync(path, "of a daemon that was killed", { mode: 0o644 });
  // What lies in the way is not written through.
  symlinkSync(folder.join("elsewhere"), `${path}.new`);
  {
    using _record = writeProcessRecord(path, "1.2.3");
    expect(await Bun.file(path).json()).toEqual({
      pid: process.pid,
      identity: processIdentity(process.pid),
      version: "1.2.3",
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  }
  expect(existsSync(path)).toBe(false);
  expect(existsSync(folder.join("elsewhere"))).toBe(false);
});
