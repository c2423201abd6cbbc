/**
 * The doctor's look at the programs: every git that may be used, and the helper that git runs.
 */

import { helperFile, whyNotRunnable } from "../../base/helper-file.ts";
import { tryHelper } from "../../client/try-helper.ts";
import { describe } from "../../git/choose-way.ts";
import { isSupportedGit, parseGitVersion } from "../../git/version.ts";
import type { InstalledGit } from "../../protocol/way.ts";
import { type Diagnosis, fine, type Patient, trouble } from "./diagnosis.ts";

export function checkGits(gits: readonly InstalledGit[]): readonly Diagnosis[] {
  return gits.length === 0
    ? [
        trouble({
          id: "git",
          severity: "error",
          message: "no git is on the search path",
          cure: "install git 2.31 or later",
        }),
      ]
    : gits.map(checkGit);
}

function checkGit(git: InstalledGit): Diagnosis {
  const version = parseGitVersion(`git version ${git.version}`);
  if (version !== undefined && !isSupportedGit(version)) {
    return trouble({
      id: "git",
      severity: "error",
      message: `git ${describe(git)} is too old to be used with a file system monitor`,
      cure: "use git 2.31 or later",
      subject: git.path,
    });
  }
  // A mistake of git's own that shows with any monitor.
  return version !== undefined && version.major === 2 && isFaulty(version.minor)
    ? trouble({
        id: "git",
        severity: "warning",
        message:
          `git ${describe(git)} now and then shows files as deleted in 'git diff COMMIT' when a ` +
          `file system monitor calls them unchanged; 'git status' is not concerned`,
        cure: "use git 2.43 or later",
        subject: git.path,
      })
    : fine("git", `git ${describe(git)}`, git.path);
}

/** check_removed() in its diff-lib.c reads memory that nobody has written. */
function isFaulty(minor: number): boolean {
  return minor >= 32 && minor <= 42;
}

/** The helper that git would be given by this gity, or by its daemon. */
export function ownHelper(executable: readonly string[]): string | null {
  const path = helperFile({
    configured: process.env["GITY_HELPER"],
    isCompiled: executable.length === 1,
    executable: executable[0] ?? "",
  });
  return whyNotRunnable(path) === undefined ? path : null;
}

/** Asks it for real. */
export async function checkHelper(patient: Patient): Promise<readonly Diagnosis[]> {
  const { helper, repositories, daemon } = patient;
  const severity = repositories.some(({ via }) => via === "hook") ? "error" : "warning";
  if (helper === null) {
    // The daemon has said why.
    const cure = "build it with 'npm run build', or name it in GITY_HELPER";
    const message = "there is no gity-helper beside gity";
    return daemon === undefined ? [trouble({ id: "helper", severity, message, cure })] : [];
  }
  const complaint = await tryHelper(helper);
  return complaint === undefined
    ? [fine("helper", `the helper answers: '${helper}'`, helper)]
    : [
        trouble({
          id: "helper",
          severity,
          message: `the helper '${helper}' is of no use to git: ${complaint}`,
          cure: "install gity again, or name another helper in GITY_HELPER",
          subject: helper,
        }),
      ];
}
