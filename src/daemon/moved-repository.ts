/**
 * A repository that was moved while it was registered: at its new place it holds gity's keys and nobody has
 * registered it, and what was there before them is saved for a place where there is no repository.
 *
 * Only looks. Must never: take one for another that is still there, or may be.
 */

import { stat } from "node:fs/promises";
import { join } from "node:path";

import { GityError } from "../base/errors.ts";
import type { RepositoryRow } from "../store/repositories.ts";
import type { ConfigurationKeeper } from "./configuration-keeper.ts";

export interface Origin {
  /** As it was registered. */
  readonly repository: RepositoryRow;
  /** It is that very folder. Otherwise it may be a copy, and the other be on a disk that is away. */
  readonly isSame: boolean;
}

/** What the repository at `commonDir`, which nobody has registered, was registered as. */
export async function findOrigin(
  commonDir: string,
  repositories: readonly RepositoryRow[],
  configuration: Pick<ConfigurationKeeper, "compare">,
): Promise<Origin | undefined> {
  const fits = await Promise.all(
    repositories.map(async (repository) => ({
      repository,
      likeness: (await isGone(repository.commonDir))
        ? await configuration.compare(repository.id, commonDir)
        : "other",
    })),
  );
  const exact = fits.filter(({ likeness }) => likeness === "exact");
  const best = exact.length > 0 ? exact : fits.filter(({ likeness }) => likeness === "edited");
  const repository = nearest(
    commonDir,
    best.map((fit) => fit.repository),
  );
  return repository === undefined
    ? undefined
    : { repository, isSame: await wasThereAt(commonDir, repository.registeredAtMs) };
}

/**
 * False only where there is none for sure: what cannot be looked at may hold our keys. Not the folder
 * alone, on which a disk may be mounted at other times.
 *
 * @throws GityError PERMISSION_DENIED
 */
export async function isRepositoryThere(commonDir: string): Promise<boolean> {
  try {
    await stat(join(commonDir, "HEAD"));
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") {
      return false;
    }
    throw new GityError("PERMISSION_DENIED", `cannot look into '${commonDir}': ${String(code)}`, {
      cause: error,
    });
  }
}

async function isGone(commonDir: string): Promise<boolean> {
  try {
    return !(await isRepositoryThere(commonDir));
  } catch (error) {
    if (error instanceof GityError) {
      return false;
    }
    throw error;
  }
}

/** Of several that fit, the one whose path ends like this one's: a folder above them was moved. */
function nearest(
  commonDir: string,
  candidates: readonly RepositoryRow[],
): RepositoryRow | undefined {
  const [first, second] = candidates
    .map((repository) => ({ repository, shared: sharedEnd(commonDir, repository.commonDir) }))
    .toSorted((left, right) => right.shared - left.shared);
  return first?.shared === second?.shared ? undefined : first?.repository;
}

/** How many names at the end of two paths are the same. */
function sharedEnd(left: string, right: string): number {
  const others = right.split("/").toReversed();
  const at = left
    .split("/")
    .toReversed()
    .findIndex((name, i) => name !== others[i]);
  return at === -1 ? others.length : at;
}

/** A copy is younger. Where nothing tells when a folder was made it may be one. */
async function wasThereAt(folder: string, atMs: number): Promise<boolean> {
  const { birthtimeMs } = await stat(folder);
  return birthtimeMs > 0 && birthtimeMs < atMs;
}
