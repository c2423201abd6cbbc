/**
 * The doctor's look at a registered repository: whether git in its worktrees asks gity, and what could
 * come in between.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";

import { isHelperPath, whyNotRunnable } from "../../base/helper-file.ts";
import { parseConfigurationList, wantedConfiguration } from "../../git/configuration-edit.ts";
import { type MonitorSetting, monitorSettings } from "../../git/monitor-setting.ts";
import { runGit } from "../../git/run.ts";
import { parseGitVersion } from "../../git/version.ts";
import type { StoredRepository } from "../../protocol/doctor.ts";
import {
  type Diagnosis,
  fine,
  type Fix,
  type Patient,
  registerAgain,
  trouble,
} from "./diagnosis.ts";
import { folderNames } from "./folder-names.ts";
import { fileSystemOf, isNetworkFileSystem } from "./file-system.ts";

export interface RepositoryCheck {
  readonly patient: Patient;
  readonly repository: StoredRepository;
  /** A worktree that is there. */
  readonly root: string;
  /** What core.fsmonitor should be; undefined where the helper to be asked is not known. */
  readonly wanted: string | undefined;
  readonly fix: Fix;
}

/** git 2.41 no longer forgets what the shared half of an index holds. */
const SPLIT_INDEX_SINCE = { major: 2, minor: 41 };

const KEY = "core.fsmonitor";

export async function checkRepository(
  patient: Patient,
  repository: StoredRepository,
  mountinfo: string,
): Promise<readonly Diagnosis[]> {
  const { commonDir, worktrees, via } = repository;
  const present = worktrees.filter(({ root, gitDir }) => existsSync(root) && existsSync(gitDir));
  const [first] = present;
  if (first === undefined) {
    return patient.daemon === undefined ? [goneTrouble(commonDir)] : [];
  }
  const helper = patient.daemon === undefined ? undefined : (patient.helper ?? undefined);
  const wanted = via === "socket" ? "true" : helper;
  const fix = registerAgain(patient, first.root);
  const check = { patient, repository, root: first.root, wanted, fix };
  const configured = present.filter(
    ({ gitDir }) => gitDir === first.gitDir || existsSync(`${gitDir}/config.worktree`),
  );
  const found = await Promise.all([
    ...configured.map(({ root }) => checkConfiguration({ ...check, root })),
    ...present.map(({ root }) => checkSplitIndex({ ...check, root })),
  ]);
  return [
    ...found.flat(),
    ...checkHooks(commonDir),
    ...checkLocks(check),
    ...(patient.daemon === undefined
      ? present.flatMap(({ root }) => checkFileSystem(root, mountinfo))
      : []),
  ];
}

/** Nobody but a person knows whether the disk comes back. */
function goneTrouble(commonDir: string): Diagnosis {
  return trouble({
    id: "repository",
    severity: "error",
    message: `'${commonDir}' is registered, and is not there, or has no worktree`,
    cure: `if it does not come back: gity unregister '${commonDir}'`,
    subject: commonDir,
  });
}

/** What this worktree's own git would use, all files together. */
async function checkConfiguration(check: RepositoryCheck): Promise<readonly Diagnosis[]> {
  const { root, wanted, repository, fix } = check;
  const { exitCode, stdout, stderr } = await runGit(["config", "-z", "--list"], {
    cwd: root,
    configuration: "user",
  });
  if (exitCode !== 0) {
    const message = `git cannot read its configuration in '${root}': ${stderr.trim()}`;
    return [trouble({ id: "configuration", severity: "error", message, subject: root })];
  }
  const values = parseConfigurationList(stdout);
  const wrong = [...wantedConfiguration(wanted ?? "")]
    .filter(([key, ours]) => !isSame(values.get(key.toLowerCase())?.at(-1), ours))
    .map(([key]) => key);
  if (wrong.includes(KEY)) {
    return [await monitorTrouble(check)];
  }
  return wrong.length === 0
    ? [fine("configuration", `git is configured to ask gity in '${root}'`, root)]
    : [
        trouble({
          id: "configuration",
          severity: wrong.includes("core.fsmonitorHookVersion") ? "error" : "warning",
          message: `not as gity wrote it in '${repository.commonDir}/config': ${wrong.join(", ")}`,
          cure: `gity register '${root}', or leave it if it is meant so`,
          subject: root,
          fix: wrong.includes("core.fsmonitorHookVersion") ? fix : undefined,
        }),
      ];
}

async function monitorTrouble(check: RepositoryCheck): Promise<Diagnosis> {
  const { root, wanted, repository, fix } = check;
  const setting = (await monitorSettings(root)).at(-1);
  const isHelper = setting !== undefined && isHelperPath(setting.value);
  const obstacle = isHelper ? whyNotRunnable(setting.value) : undefined;
  if (wanted === undefined && isHelper && obstacle === undefined) {
    // Which helper it should be is not known: one that runs will do.
    const message = `git is configured to ask '${setting.value}' in '${root}'`;
    return fine("configuration", message, root);
  }
  const isOwnFile = setting === undefined || setting.file === join(repository.commonDir, "config");
  const why = obstacle ?? `it should be '${wanted ?? "the path of gity-helper"}'`;
  return trouble({
    id: "configuration",
    severity: "error",
    message: `git does not ask gity in '${root}': ${describeSetting(setting)}, and ${why}`,
    cure: isOwnFile
      ? `gity register '${root}'`
      : `remove ${KEY} from '${setting.file ?? "the environment"}'`,
    subject: root,
    fix: isOwnFile ? fix : undefined,
  });
}

function describeSetting(setting: MonitorSetting | undefined): string {
  return setting === undefined
    ? `${KEY} is not set`
    : `${KEY} is '${setting.value}' in '${setting.file ?? setting.scope}'`;
}

/** One character per byte on both sides. */
function isSame(value: string | null | undefined, ours: string): boolean {
  if (value === null) {
    return ours === "true";
  }
  const words: Readonly<Record<string, readonly string[]>> = {
    true: ["true", "yes", "on", "1"],
    false: ["false", "no", "off", "0", ""],
  };
  return value !== undefined && (words[ours]?.includes(value.toLowerCase()) ?? value === ours);
}

async function checkSplitIndex({ patient, root }: RepositoryCheck): Promise<readonly Diagnosis[]> {
  const old = patient.gits.find(({ version }) => {
    const parsed = parseGitVersion(`git version ${version}`);
    return (
      parsed !== undefined &&
      parsed.major === SPLIT_INDEX_SINCE.major &&
      parsed.minor < SPLIT_INDEX_SINCE.minor
    );
  });
  if (old === undefined || !(await hasSplitIndex(root))) {
    return [];
  }
  return [
    trouble({
      id: "split-index",
      severity: "warning",
      message: `the index of '${root}' is split, or will be (core.splitIndex): git before 2.41, such as '${old.path}', damages such an index when it also uses a file system monitor`,
      cure: "git config --unset core.splitIndex; git update-index --no-split-index",
      subject: root,
    }),
  ];
}

async function hasSplitIndex(root: string): Promise<boolean> {
  const [setting, shared] = await Promise.all([
    runGit(["config", "--type=bool", "--get", "core.splitIndex"], {
      cwd: root,
      configuration: "user",
    }),
    // It reads the index, and with the user's configuration would wait for a monitor that hangs.
    runGit(["rev-parse", "--shared-index-path"], { cwd: root }),
  ]);
  const isShared = shared.exitCode === 0 && shared.stdout.length > 1;
  return isShared || Buffer.from(setting.stdout).toString().trim() === "true";
}

/** A sample is in every repository. */
function checkHooks(commonDir: string): readonly Diagnosis[] {
  const folder = join(commonDir, "hooks");
  return folderNames(folder)
    .filter((name) => name.includes("watchman") && !name.endsWith(".sample"))
    .map((name) =>
      fine(
        "other-monitor",
        `'${join(folder, name)}' is a hook for Watchman: git runs it only where core.fsmonitor names it`,
        join(folder, name),
      ),
    );
}

/** What a gity that died while it wrote the configuration has left is told by the file beside it. */
function checkLocks({ repository, fix }: RepositoryCheck): readonly Diagnosis[] {
  const path = join(repository.commonDir, "config");
  if (existsSync(`${path}.gity`)) {
    return [
      trouble({
        id: "leftover",
        severity: "warning",
        message: `a gity that was killed has left '${path}.gity'`,
        cure: "gity doctor --fix",
        subject: `${path}.gity`,
        fix,
      }),
    ];
  }
  return existsSync(`${path}.lock`)
    ? [
        trouble({
          id: "leftover",
          severity: "warning",
          message: `'${path}.lock' is in the way of every change of the configuration`,
          cure: "if no git command is at work there, remove it",
          subject: `${path}.lock`,
        }),
      ]
    : [];
}

function checkFileSystem(root: string, mountinfo: string): readonly Diagnosis[] {
  const type = fileSystemOf(root, mountinfo);
  return type === undefined || !isNetworkFileSystem(type)
    ? []
    : [
        trouble({
          id: "file-system",
          severity: "error",
          message: `'${root}' is on ${type}: not every change there can be seen from here`,
          cure: "keep the worktree on a local file system",
          subject: root,
        }),
      ];
}
