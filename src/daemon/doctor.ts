/**
 * What only the daemon knows of the health of gity: its store, the helper it would have git run, which
 * way git asks and why, and how the monitor serves each worktree. The rest is looked at by the command
 * (`cli/doctor/`), which runs where the person does. Changes nothing.
 */

import { GityError } from "../base/errors.ts";
import { chooseWay, wayWarnings } from "../git/choose-way.ts";
import type { DoctorReply, RepositoryInfo } from "../protocol/api.ts";
import type { Finding, FindingId } from "../protocol/doctor.ts";
import type { InstalledGit } from "../protocol/way.ts";
import type { Fleet, WorktreeReport } from "./fleet.ts";
import { installedGits } from "./ways.ts";

export interface DoctorQuestion {
  /** A worktree; everything that is registered when undefined. */
  readonly path: string | undefined;
  /** The caller's PATH. */
  readonly searchPath: string | undefined;
}

/** @throws GityError NOT_A_REPOSITORY */
export async function examine(fleet: Fleet, question: DoctorQuestion): Promise<DoctorReply> {
  const gits = await installedGits(question.searchPath);
  const repositories = await findRepositories(fleet, question.path);
  const findings = await Promise.all(repositories.map((each) => ofRepository(fleet, each, gits)));
  const helper = findHelper(fleet);
  return {
    gits,
    repositories,
    helper: helper instanceof GityError ? null : helper,
    findings: [
      ofStore(fleet),
      ...ofHelper(helper, repositories),
      ...(await ofMoved(fleet, question.path, repositories)),
      ...findings.flat(),
    ],
  };
}

async function findRepositories(
  fleet: Fleet,
  path: string | undefined,
): Promise<readonly RepositoryInfo[]> {
  const all = fleet.list();
  if (path === undefined) {
    return all;
  }
  try {
    const { gitDir } = await fleet.health(path);
    return all.filter(({ worktrees }) => worktrees.some((worktree) => worktree.gitDir === gitDir));
  } catch (error) {
    if (error instanceof GityError && error.code === "NOT_REGISTERED") {
      return [];
    }
    throw error;
  }
}

/** Of a path whose repository was registered at another place. */
async function ofMoved(
  fleet: Fleet,
  path: string | undefined,
  repositories: readonly RepositoryInfo[],
): Promise<readonly Finding[]> {
  const origin =
    path === undefined || repositories.length > 0 ? undefined : await fleet.originOf(path);
  return origin === undefined
    ? []
    : [
        {
          id: "repository",
          severity: "warning",
          message: `'${origin.commonDir}' was registered as '${origin.before}', and has been moved or copied`,
          cure: `gity register '${origin.root}'`,
          fixable: false,
          subject: origin.commonDir,
        },
      ];
}

function ofStore(fleet: Fleet): Finding {
  const [problem] = fleet.checkStore();
  return problem === undefined
    ? ok("store", "the store is whole")
    : {
        id: "store",
        severity: "error",
        message: `the store is damaged: ${problem}`,
        cure: "stop the daemon, move the store away, and register again",
        fixable: false,
        subject: null,
      };
}

function findHelper(fleet: Fleet): string | GityError {
  try {
    return fleet.monitorValue("hook");
  } catch (error) {
    if (error instanceof GityError) {
      return error;
    }
    throw error;
  }
}

/** Where it is found the command runs it. */
function ofHelper(
  helper: string | GityError,
  repositories: readonly RepositoryInfo[],
): readonly Finding[] {
  return helper instanceof GityError
    ? [
        {
          id: "helper",
          severity: repositories.some(({ via }) => via === "hook") ? "error" : "warning",
          message: `the daemon has no helper: ${helper.message}`,
          cure: helper.hint ?? null,
          fixable: false,
          subject: null,
        },
      ]
    : [];
}

async function ofRepository(
  fleet: Fleet,
  repository: RepositoryInfo,
  gits: readonly InstalledGit[],
): Promise<readonly Finding[]> {
  const { commonDir, worktrees } = repository;
  const healths = await Promise.all(worktrees.map(({ root }) => fleet.health(root)));
  const findings = [...ofWay(repository, gits), ...healths.map(ofWorktree)];
  return worktrees.length > 0
    ? findings
    : [
        {
          id: "repository",
          severity: "warning",
          message: `'${commonDir}' has no worktree`,
          cure: `gity unregister '${commonDir}'`,
          fixable: false,
          subject: commonDir,
        },
      ];
}

/** One that is gone may be on a disk that comes back: nobody but a person can tell. */
function ofWorktree({ root, state, reason, cure, code }: WorktreeReport): Finding {
  const ids: Partial<Record<string, FindingId>> = {
    UNSUPPORTED_FILE_SYSTEM: "file-system",
    WORKTREE_GONE: "repository",
    WATCH_LIMIT_REACHED: "watch-limit",
    INSTANCE_LIMIT_REACHED: "instance-limit",
  };
  const forget = `if it does not come back: gity unregister '${root}'`;
  return {
    id: ids[code ?? ""] ?? "worktree",
    severity: state === "degraded" ? "error" : "ok",
    message: reason === null ? `'${root}' is ${state}` : `'${root}' is ${state}: ${reason}`,
    cure: code === "WORKTREE_GONE" ? forget : cure,
    fixable: false,
    subject: root,
  };
}

/** Which way was chosen, why, and whether it would be chosen again. */
function ofWay(
  { commonDir, via, viaReason, wantedVia, worktrees }: RepositoryInfo,
  gits: readonly InstalledGit[],
): readonly Finding[] {
  const now = wantedVia === "auto" ? chooseWay("auto", gits) : undefined;
  const subject = commonDir;
  const id = "way";
  const chosen = ok(id, `git asks by ${via} in '${commonDir}': ${viaReason}`, subject);
  if (now !== undefined && now.way !== via) {
    const message = `git would ask by ${now.way} in '${commonDir}' by now: ${now.why}`;
    const cure = `gity register '${worktrees[0]?.root ?? commonDir}'`;
    return [chosen, { id, severity: "warning", message, cure, fixable: true, subject }];
  }
  const unable = wayWarnings(via, gits).map((message): Finding => ({
    id,
    severity: "warning",
    message: `${message}, in '${commonDir}'`,
    cure: `gity register --via hook '${worktrees[0]?.root ?? commonDir}'`,
    fixable: false,
    subject,
  }));
  return [chosen, ...unable];
}

function ok(id: FindingId, message: string, subject: string | null = null): Finding {
  return { id, severity: "ok", message, cure: null, fixable: false, subject };
}
