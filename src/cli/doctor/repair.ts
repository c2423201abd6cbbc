/**
 * The doctor's repairs: each is done once, and then everything is looked at again, because one repair
 * may show, or cure, the next trouble.
 */

import { GityError } from "../../base/errors.ts";
import type { Diagnoses } from "./diagnose.ts";
import type { Fix } from "./diagnosis.ts";

/** The daemon, what it is to serve, and what that shows: a fourth is not to be expected. */
const ROUNDS_MAX = 4;

export interface Repairs {
  readonly fixed: readonly string[];
  readonly failed: readonly string[];
  /** As it is afterwards. */
  readonly diagnoses: Diagnoses;
}

/** `examine` looks at everything. */
export async function repair(
  before: Diagnoses,
  examine: () => Promise<Diagnoses>,
): Promise<Repairs> {
  const fixed: string[] = [];
  const failed: string[] = [];
  const tried = new Set<string>();
  let diagnoses = before;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const fixes = diagnoses.all.flatMap(({ fix }) => fix ?? []);
    const fresh = new Map(
      fixes.filter(({ name }) => !tried.has(name)).map((fix) => [fix.name, fix]),
    );
    if (fresh.size === 0) {
      break;
    }
    for (const fix of fresh.values()) {
      tried.add(fix.name);
      // One after the other: the daemon first, then what it is asked to do.
      // oxlint-disable-next-line no-await-in-loop
      const { done, obstacle } = await attempt(fix);
      fixed.push(...done);
      failed.push(...obstacle);
    }
    // oxlint-disable-next-line no-await-in-loop
    diagnoses = await examine();
  }
  return { fixed, failed, diagnoses };
}

async function attempt(
  fix: Fix,
): Promise<{ readonly done: readonly string[]; readonly obstacle: readonly string[] }> {
  try {
    return { done: [await fix.apply()], obstacle: [] };
  } catch (error) {
    if (error instanceof GityError || (error instanceof Error && "code" in error)) {
      return { done: [], obstacle: [`cannot ${fix.name}: ${error.message}`] };
    }
    throw error;
  }
}
