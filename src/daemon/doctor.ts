/**
 * Looks for what keeps git from asking gity, or makes it slow, and says what cures it. Changes nothing.
 */

import { GityError } from "../base/errors.ts";
import { chooseWay, describe, wayWarnings } from "../git/choose-way.ts";
import { repositoryWarnings } from "../git/configuration-warnings.ts";
import { parseGitVersion } from "../git/version.ts";
import type { DoctorReply, Finding, RepositoryInfo } from "../protocol/api.ts";
import type { InstalledGit } from "../protocol/way.ts";
import type { Fleet } from "./fleet.ts";
import { installedGits } from "./ways.ts";

export interface DoctorQuestion {
  /** A worktree; everything that is registered when undefined. */
  readonly path: string | undefined;
  /** The caller's PATH. */
  readonly searchPath: string | undefined;
}

/** @throws GityError NOT_REGISTERED, NOT_A_REPOSITORY */
export async function examine(fleet: Fleet, question: DoctorQuestion): Promise<DoctorReply> {
  const gits = await installedGits(question.searchPath);
  const repositories = await findRepositories(fleet, question.path);
  const findings = await Promise.all(repositories.map((each) => ofRepository(fleet, each, gits)));
  return { gits, findings: [...gits.flatMap(ofGit), ...findings.flat()] };
}

async function findRepositories(
  fleet: Fleet,
  path: string | undefined,
): Promise<readonly RepositoryInfo[]> {
  const all = fleet.list();
  if (path === undefined) {
    return all;
  }
  const { gitDir } = await fleet.health(path);
  return all.filter(({ worktrees }) => worktrees.some((worktree) => worktree.gitDir === gitDir));
}

/** Mistakes of git's own that show with any monitor. */
function ofGit(git: InstalledGit): readonly Finding[] {
  const { major, minor } = parseGitVersion(`git version ${git.version}`) ?? { major: 0, minor: 0 };
  const isFaulty = major === 2 && minor >= 32 && minor <= 42;
  return isFaulty
    ? [
        {
          level: "warning",
          text:
            `git ${describe(git)} now and then shows files as deleted in 'git diff COMMIT' when a ` +
            `file system monitor calls them unchanged; 'git status' is not concerned`,
          cure: "use git 2.43 or later",
        },
      ]
    : [{ level: "ok", text: `git ${describe(git)}`, cure: null }];
}

async function ofRepository(
  fleet: Fleet,
  repository: RepositoryInfo,
  gits: readonly InstalledGit[],
): Promise<readonly Finding[]> {
  const { commonDir, worktrees } = repository;
  const findings: Finding[] = ofWay(repository, gits);
  for (const { root, state, reason } of worktrees) {
    const { cure } = await fleet.health(root);
    findings.push({
      level: state === "degraded" ? "error" : "ok",
      text: reason === null ? `'${root}' is ${state}` : `'${root}' is ${state}: ${reason}`,
      cure,
    });
  }
  const [first] = worktrees;
  if (first !== undefined) {
    const warnings = await configurationWarnings(fleet, repository, first);
    findings.push(...warnings.map(toWarning));
  }
  return findings.length === 0
    ? [
        {
          level: "warning",
          text: `'${commonDir}' has no worktree`,
          cure: `gity unregister '${commonDir}'`,
        },
      ]
    : findings;
}

/** A repository that cannot be asked about has said so in the state of its worktrees. */
async function configurationWarnings(
  fleet: Fleet,
  { via, worktrees }: RepositoryInfo,
  first: RepositoryInfo["worktrees"][number],
): Promise<readonly string[]> {
  try {
    return await repositoryWarnings(worktrees, first, fleet.monitorValue(via));
  } catch (error) {
    if (error instanceof GityError) {
      return [error.message];
    }
    throw error;
  }
}

/** Which way was chosen, why, and whether it would be chosen again. */
function ofWay(
  { commonDir, worktrees, via, viaReason, wantedVia }: RepositoryInfo,
  gits: readonly InstalledGit[],
): Finding[] {
  const findings: Finding[] = [
    { level: "ok", text: `git asks by ${via} in '${commonDir}': ${viaReason}`, cure: null },
    ...wayWarnings(via, gits).map(toWarning),
  ];
  const now = wantedVia === "auto" ? chooseWay("auto", gits) : undefined;
  if (now !== undefined && now.way !== via) {
    findings.push({
      level: "warning",
      text: `git would ask by ${now.way} in '${commonDir}' by now: ${now.why}`,
      cure: `gity register '${worktrees[0]?.root ?? commonDir}'`,
    });
  }
  return findings;
}

function toWarning(text: string): Finding {
  return { level: "warning", text, cure: null };
}
