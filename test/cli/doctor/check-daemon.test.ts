/** Whether a daemon runs, and which. */

import { expect, test } from "bun:test";

import { checkDaemon, isOlder } from "../../../src/cli/doctor/check-daemon.ts";
import type { FoundDaemon } from "../../../src/client/start-daemon.ts";
import { DAEMON, findingsOf, patientWith, summary } from "./patient.ts";

const running = (version: string): FoundDaemon => ({
  kind: "running",
  info: { ...DAEMON, version },
});

test("checkDaemon() of none, and of a silent one, is an error that can be mended", () => {
  expect(summary(checkDaemon({ kind: "none" }, patientWith()))).toEqual(["error daemon fixable"]);
  const silent = checkDaemon({ kind: "silent", waitedMs: 5000 }, patientWith());
  expect(summary(silent)).toEqual(["error daemon fixable"]);
  expect(findingsOf(silent)[0]?.message).toContain("did not answer for 5000 ms");
});

test("checkDaemon() tells of an address at which others may knock", () => {
  const info = { ...DAEMON, tcpAddress: "tcp://127.0.0.1:7557" };
  const [finding] = findingsOf(checkDaemon({ kind: "running", info }, patientWith()));
  expect(finding?.message).toEndWith("and answers, also at 'tcp://127.0.0.1:7557'");
});

test("checkDaemon() names another version", () => {
  expect(summary(checkDaemon(running(DAEMON.version), patientWith()))).toEqual(["ok daemon"]);
  const findings = findingsOf(checkDaemon(running("1.0.0"), patientWith()));
  expect(findings[1]).toMatchObject({
    id: "daemon-version",
    severity: "warning",
    message: "the daemon is gity 1.0.0, and this is gity 1.2.3",
    fixable: true,
  });
});

test("checkDaemon() does not offer to put an older daemon in the place of a newer", () => {
  expect(summary(checkDaemon(running("1.10.0"), patientWith()))).toEqual([
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
