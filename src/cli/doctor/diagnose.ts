/**
 * All of the doctor's checks, in the order in which their findings are told: gity itself, the machine,
 * then each repository.
 *
 * Without a daemon the rest is looked at all the same: what is registered is read from a copy of its
 * store.
 */

import { GityError } from "../../base/errors.ts";
import type { HomeLayout } from "../../base/home.ts";
import { clientOf } from "../../client/connect.ts";
import { findDaemon } from "../../client/start-daemon.ts";
import { discoverWorktree } from "../../git/discover.ts";
import { findInstalledGits } from "../../git/installed.ts";
import type { DaemonInfo, DoctorReply } from "../../protocol/api.ts";
import type { BuildInfo } from "../../protocol/build.ts";
import type { Finding, StoredRepository, StoreExamination } from "../../protocol/doctor.ts";
import type { InstalledGit } from "../../protocol/way.ts";
import { checkDaemon } from "./check-daemon.ts";
import { checkEnvironment, checkUserConfiguration, checkWatchman } from "./check-environment.ts";
import { checkGitSocket } from "./check-git-socket.ts";
import { checkHome } from "./check-home.ts";
import { checkLimits, readLimits, readUsage } from "./check-limits.ts";
import { checkGits, checkHelper, ownHelper } from "./check-programs.ts";
import { checkRepository } from "./check-repository.ts";
import { checkSettings } from "./check-settings.ts";
import { checkUnregistered, repositoryAt } from "./check-unregistered.ts";
import { type Diagnosis, fine, type Patient, registerAgain, trouble } from "./diagnosis.ts";
import { readMountinfo } from "./file-system.ts";

export interface DoctorQuestion {
  readonly layout: HomeLayout;
  readonly build: BuildInfo;
  readonly executable: readonly string[];
  /** Absolute; undefined for everything that is registered. */
  readonly path: string | undefined;
  readonly currentFolder: string;
  readonly examineStore: (path: string) => Promise<StoreExamination>;
}

export interface Diagnoses {
  readonly daemonVersion: string | null;
  readonly gits: readonly InstalledGit[];
  readonly all: readonly Diagnosis[];
}

/** @throws GityError NOT_A_REPOSITORY, … for a path that is in no worktree */
export async function diagnose(question: DoctorQuestion): Promise<Diagnoses> {
  const { layout, path } = question;
  const searchPath = process.env["PATH"] ?? "";
  const client = clientOf(layout);
  const found = await findDaemon(layout);
  const daemon = found.kind === "running" ? found.info : undefined;
  const asked = { searchPath, ...(path === undefined ? {} : { path }) };
  const reply = daemon === undefined ? undefined : await client.doctor(asked);
  const stored = reply === undefined ? await examineStored(question) : undefined;
  const patient: Patient = {
    ...question,
    client,
    daemon,
    gits: reply?.gits ?? (await findInstalledGits([searchPath])),
    helper: reply === undefined ? ownHelper(question.executable) : reply.helper,
    repositories: reply?.repositories ?? stored?.repositories ?? [],
  };
  return {
    daemonVersion: daemon?.version ?? null,
    gits: patient.gits,
    all: [
      ...checkDaemon(found, patient),
      ...(stored === undefined ? [] : ofStore(layout, stored)),
      ...checkGits(patient.gits),
      ...(await checkHelper(patient)),
      ...checkEnvironment(process.env),
      ...(await checkUserConfiguration()),
      ...(await checkSettings()),
      ...checkHome(layout, readMountinfo()),
      ...(await checkMachine(daemon, reply)),
      ...checkWatchman(),
      ...(reply?.findings ?? []).map((finding) => withFix(patient, finding)),
      ...(await checkRepositories(patient, reply)),
      ...(await checkElsewhere(question, patient)),
    ],
  };
}

/** What is registered, of the repository of the question if there is one. */
async function examineStored(question: DoctorQuestion): Promise<StoreExamination> {
  const { path, layout } = question;
  const { problems, repositories } = await question.examineStore(layout.database);
  if (path === undefined) {
    return { problems, repositories };
  }
  const { commonDir } = await discoverWorktree(path);
  return {
    problems,
    repositories: repositories.filter((repository) => repository.commonDir === commonDir),
  };
}

function ofStore({ database }: HomeLayout, { problems }: StoreExamination): readonly Diagnosis[] {
  return problems.length === 0
    ? [fine("store", "the store is whole", database)]
    : problems.map((problem) =>
        trouble({
          id: "store",
          severity: "error",
          message: `the store is damaged, or of another gity: ${problem}`,
          cure: `move '${database}' away, start gity, and register again`,
          subject: database,
        }),
      );
}

/** What the daemon finds is mended by registering again, or not at all. */
function withFix(patient: Patient, finding: Finding): Diagnosis {
  const repository = patient.repositories.find(({ commonDir }) => commonDir === finding.subject);
  const root = repository?.worktrees[0]?.root;
  return finding.fixable && root !== undefined
    ? { finding, fix: registerAgain(patient, root) }
    : { finding: { ...finding, fixable: false } };
}

async function checkMachine(
  daemon: DaemonInfo | undefined,
  reply: DoctorReply | undefined,
): Promise<readonly Diagnosis[]> {
  const uncovered = (reply?.findings ?? [])
    .filter(({ id, severity }) => id === "watch-limit" && severity === "error")
    .flatMap(({ subject }) => subject ?? []);
  const usage = await readUsage(daemon?.pid, reply?.repositories ?? [], uncovered);
  return checkLimits(readLimits(daemon?.pid), usage);
}

async function checkRepositories(
  patient: Patient,
  reply: DoctorReply | undefined,
): Promise<readonly Diagnosis[]> {
  const mountinfo = readMountinfo();
  const served = (reply?.repositories ?? []).flatMap((repository) =>
    repository.worktrees
      // One that is being covered, or cannot be, has been told.
      .filter(({ state }) => state === "ready")
      .map((worktree) => ({ repository, worktree })),
  );
  const found = await Promise.all(
    patient.repositories.map((repository) =>
      orTrouble(repository, () => checkRepository(patient, repository, mountinfo)),
    ),
  );
  for (const { repository, worktree } of served) {
    found.push(await orTrouble(repository, () => checkGitSocket(patient, repository, worktree)));
  }
  return found.flat();
}

/** A repository that cannot be looked at is a finding, and keeps nobody from looking at the rest. */
async function orTrouble(
  { commonDir }: StoredRepository,
  check: () => Promise<readonly Diagnosis[]>,
): Promise<readonly Diagnosis[]> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof GityError || (error instanceof Error && "code" in error)) {
      const message = `cannot look at '${commonDir}': ${error.message}`;
      return [trouble({ id: "repository", severity: "error", message, subject: commonDir })];
    }
    throw error;
  }
}

/** The repository of the question, or the one somebody stands in, when it is not registered. */
async function checkElsewhere(
  { path, currentFolder }: DoctorQuestion,
  { repositories }: Patient,
): Promise<readonly Diagnosis[]> {
  const repository = await repositoryAt(path ?? currentFolder);
  const isRegistered = (commonDir: string): boolean =>
    repositories.some((known: StoredRepository) => known.commonDir === commonDir);
  return repository === undefined || isRegistered(repository.commonDir)
    ? []
    : checkUnregistered(repository, path !== undefined);
}
