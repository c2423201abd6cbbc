/** Whether a daemon runs, and which. */

import { expect, test } from "bun:test";

import { checkDaemon, findDaemon, isOlder } from "../../../src/cli/doctor/check-daemon.ts";
import { GityClient } from "../../../src/client/gity-client.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { DAEMON, findingsOf, patientWith, summary } from "./patient.ts";

test("findDaemon() tells none from one that says nothing", async () => {
  using folder = tempDir("daemon");
  const client = new GityClient(folder.join("s"));
  expect(await findDaemon(client)).toBe("none");

  const server = Bun.listen({ unix: folder.join("s"), socket: { data() {} } });
  expect(await findDaemon(client, 20)).toBe("silent");
  server.stop(true);
});

test("checkDaemon() of none is an error that can be mended, of a silent one it cannot", () => {
  expect(summary(checkDaemon("none", patientWith()))).toEqual(["error daemon fixable"]);
  expect(summary(checkDaemon("silent", patientWith()))).toEqual(["error daemon"]);
});

test("checkDaemon() names another version", () => {
  expect(summary(checkDaemon(DAEMON, patientWith()))).toEqual(["ok daemon"]);
  const findings = findingsOf(checkDaemon({ ...DAEMON, version: "1.0.0" }, patientWith()));
  expect(findings[1]).toMatchObject({
    id: "daemon-version",
    severity: "warning",
    message: "the daemon is gity 1.0.0, and this is gity 1.2.3",
    fixable: true,
  });
});

test("checkDaemon() does not offer to put an older daemon in the place of a newer", () => {
  expect(summary(checkDaemon({ ...DAEMON, version: "1.10.0" }, patientWith()))).toEqual([
    "ok daemon",
    "warning daemon-version",
  ]);
});

test("isOlder() compares numbers, not letters", () => {
  expect(isOlder("1.9.0", "1.10.0")).toBe(true);
  expect(isOlder("0.0.0-source", "0.1.0")).toBe(true);
  expect(isOlder("1.10.0", "1.9.9")).toBe(false);
  expect(isOlder("1.2.3", "1.2.3")).toBe(false);
});
