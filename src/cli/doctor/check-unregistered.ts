/**
 * The doctor's look at a repository that this gity does not have registered: what an earlier gity has
 * left in it, one whose installation or home is gone.
 *
 * Must never: touch what another gity serves, or what it does not know to be gity's.
 */

import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { GityError } from "../../base/errors.ts";
import { isHelperPath, whyNotRunnable } from "../../base/helper-file.ts";
import { planOrphanRemoval } from "../../git/configuration-edit.ts";
import {
  configurationPath,
  readConfiguration,
  removeLeftovers,
  replaceConfiguration,
} from "../../git/configuration-file.ts";
import {
  type DiscoveredRepository,
  discoverRepository,
  type WorktreeLocation,
} from "../../git/discover.ts";
import { findSocketServer } from "../../git/monitor-socket.ts";
import { monitorSettings } from "../../git/monitor-setting.ts";
import { GIT_SOCKET_NAME } from "../../protocol/way.ts";
import { type Diagnosis, fine, trouble } from "./diagnosis.ts";

/** What the daemon makes in `<gitdir>/gity/`; see monitor/private-folder.ts. */
const OWN_NAMES = /^(?:log|snapshot|cookies)(?:[.-][\w.-]*)?$/;

/** What `gity share` makes there, which works without a daemon, and may be at work: its next run removes what is of no
 *  use (share/aside.ts). */
const SHARE_NAMES: readonly string[] = ["share", "share-worktrees"];

/** Undefined where the path is in no repository. */
export async function repositoryAt(path: string): Promise<DiscoveredRepository | undefined> {
  try {
    return await discoverRepository(path);
  } catch (error) {
    if (error instanceof GityError) {
      return undefined;
    }
    throw error;
  }
}

/** `isAskedFor`: the path was named, and so it is told that it is not registered. */
export async function checkUnregistered(
  { commonDir, worktree, worktrees }: DiscoveredRepository,
  isAskedFor: boolean,
): Promise<readonly Diagnosis[]> {
  const leftovers = await Promise.all(worktrees.map(checkFolder));
  return [
    ...(await checkConfiguration(commonDir, worktree.root)),
    ...leftovers.flat(),
    ...(isAskedFor
      ? [
          trouble({
            id: "repository",
            severity: "warning",
            message: `'${commonDir}' is not registered`,
            cure: `gity register '${worktree.root}'`,
            subject: commonDir,
          }),
        ]
      : []),
  ];
}

async function checkConfiguration(commonDir: string, root: string): Promise<readonly Diagnosis[]> {
  const setting = (await monitorSettings(root)).at(-1);
  if (setting === undefined || !isHelperPath(setting.value)) {
    return [];
  }
  const { value, file } = setting;
  const obstacle = whyNotRunnable(value);
  if (obstacle === undefined) {
    const message = `git asks '${value}' in '${root}', which nobody here has registered`;
    return [fine("configuration", message, root)];
  }
  const isOwnFile = file === join(commonDir, "config");
  return [
    trouble({
      id: "leftover",
      severity: "error",
      message: `core.fsmonitor names '${value}' in '${file ?? setting.scope}', which cannot be run (${obstacle}): every git command looks at everything, and says so`,
      cure: isOwnFile
        ? `gity doctor --fix '${root}', or gity register '${root}'`
        : `remove it from '${file ?? "the environment"}'`,
      subject: commonDir,
      fix: isOwnFile
        ? {
            name: `take the helper out of ${commonDir}`,
            apply: async () => removeOrphan(commonDir),
          }
        : undefined,
    }),
  ];
}

/** What stood there before gity is known to the store that is gone. */
async function removeOrphan(commonDir: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), "gity-doctor-"));
  try {
    const path = configurationPath(commonDir);
    removeLeftovers(path);
    const current = readConfiguration(path);
    const clean = await planOrphanRemoval(current, scratch);
    if (!replaceConfiguration(path, current, clean)) {
      throw new GityError("CONFIGURATION_LOCKED", `cannot change '${path}': it keeps changing`);
    }
    return `took core.fsmonitor and core.fsmonitorHookVersion out of '${path}'; core.untrackedCache, feature.manyFiles and index.skipHash stay, which do no harm`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function checkFolder({ gitDir }: WorktreeLocation): Promise<readonly Diagnosis[]> {
  const folder = join(gitDir, "gity");
  const socket = join(gitDir, GIT_SOCKET_NAME);
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) {
    return [];
  }
  const entries = stat.isDirectory() ? readdirSync(folder) : undefined;
  const names = entries?.filter((name) => !SHARE_NAMES.includes(name));
  if (names?.length === 0 && entries?.length !== 0) {
    return [];
  }
  const { kind } = await findSocketServer(socket);
  if (kind === "gity") {
    return [fine("leftover", `another gity, of another home, serves '${gitDir}'`, folder)];
  }
  const isOurs = names?.every((name) => OWN_NAMES.test(name)) === true;
  return [
    trouble({
      id: "leftover",
      severity: "warning",
      message: isOurs
        ? `'${folder}' was left by a gity that no longer runs`
        : `'${folder}' is in gity's place, and holds what gity did not make`,
      cure: isOurs ? `gity doctor --fix, or remove it` : null,
      subject: folder,
      fix: isOurs
        ? { name: `remove ${folder}`, apply: async () => removeFolder(folder, socket) }
        : undefined,
    }),
  ];
}

/** The socket goes along when nobody serves it: it was the same gity's. */
async function removeFolder(folder: string, socket: string): Promise<string> {
  for (const name of readdirSync(folder)) {
    if (!SHARE_NAMES.includes(name)) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
  if (readdirSync(folder).length === 0) {
    rmdirSync(folder);
  }
  const isStale =
    existsSync(socket) &&
    lstatSync(socket).isSocket() &&
    (await findSocketServer(socket)).kind === "nobody";
  if (isStale) {
    unlinkSync(socket);
  }
  return isStale ? `removed '${folder}' and '${socket}'` : `removed '${folder}'`;
}
