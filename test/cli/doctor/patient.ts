/** Something for the doctor's checks to be about, with no daemon unless a test says so. */

import { homeLayout } from "../../../src/base/home.ts";
import { clientOf } from "../../../src/client/connect.ts";
import type { Patient } from "../../../src/cli/doctor/diagnosis.ts";
import type { Finding, StoredRepository } from "../../../src/protocol/doctor.ts";
import type { Diagnosis } from "../../../src/cli/doctor/diagnosis.ts";
import type { TempWorktree } from "../../support/temp-worktree.ts";

export const DAEMON = {
  version: "1.2.3",
  fingerprint: "f",
  builtAtMs: 0,
  pid: process.pid,
  startedAtMs: 0,
  home: "/h",
  repositories: 0,
  worktrees: 0,
  tcpAddress: null,
  residentBytes: 0,
};

export function patientWith(differences: Partial<Patient> = {}): Patient {
  const layout = homeLayout({ GITY_HOME: "/nowhere/at/all" });
  if (layout === undefined) {
    throw new Error("no layout");
  }
  return {
    layout,
    build: { version: DAEMON.version, fingerprint: "f", builtAtMs: 0 },
    executable: ["/nowhere/at/all/gity"],
    client: clientOf(layout),
    daemon: undefined,
    gits: [],
    helper: null,
    repositories: [],
    ...differences,
  };
}

export function registered(
  via: StoredRepository["via"],
  ...trees: readonly TempWorktree[]
): StoredRepository {
  return {
    commonDir: trees[0]?.gitDir ?? "",
    via,
    worktrees: trees.map(({ path, gitDir }) => ({ root: path, gitDir })),
  };
}

export function findingsOf(diagnoses: readonly Diagnosis[]): readonly Finding[] {
  return diagnoses.map(({ finding }) => finding);
}

/** `error configuration`, and whether it can be mended: what a test mostly asks for. */
export function summary(diagnoses: readonly Diagnosis[]): readonly string[] {
  return findingsOf(diagnoses).map(
    ({ severity, id, fixable }) => `${severity} ${id}${fixable ? " fixable" : ""}`,
  );
}
