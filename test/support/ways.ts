/** Ways by which git asks, for rows that need one. */

import type { RepositoryWay } from "../../src/store/repositories.ts";

export const BY_HOOK: RepositoryWay = { wantedWay: "auto", way: "hook", wayReason: "of a test" };
