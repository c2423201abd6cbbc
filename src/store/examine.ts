/**
 * Looks into a store that no daemon has open, and leaves no trace: what is read is a copy.
 */

import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { GityError } from "../base/errors.ts";
import type { StoredRepository, StoreExamination } from "../protocol/doctor.ts";
import { Store } from "./store.ts";

/** What is not in the main file yet is in the first of these; SQLite makes the second from it. */
const COMPANIONS = ["-wal"];

/** @throws EACCES, ENOSPC, … */
export function examineStore(path: string): StoreExamination {
  if (!existsSync(path)) {
    return { problems: [], repositories: [] };
  }
  const folder = mkdtempSync(join(tmpdir(), "gity-doctor-"));
  try {
    const copy = join(folder, "gity.db");
    copyFileSync(path, copy);
    for (const suffix of COMPANIONS.filter((each) => existsSync(`${path}${each}`))) {
      copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
    }
    using store = Store.open(copy);
    const problems = store.check();
    return { problems, repositories: problems.length === 0 ? loadRepositories(store) : [] };
  } catch (error) {
    if (error instanceof GityError) {
      const problem = error.message.replaceAll(folder, dirname(path));
      return { problems: [problem], repositories: [] };
    }
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function loadRepositories(store: Store): readonly StoredRepository[] {
  return store.read((tables) => {
    const worktrees = tables.worktrees.loadAll();
    return tables.repositories.loadAll().map(({ id, commonDir, way }) => ({
      commonDir,
      via: way,
      worktrees: worktrees
        .filter(({ repositoryId }) => repositoryId === id)
        .map(({ root, gitDir }) => ({ root, gitDir })),
    }));
  });
}
