/** What came of a mirror, in words; as processes say it: cli/commands/share-pull.test.ts. */

import { expect, test } from "bun:test";

import { describePulled } from "../../src/cli/share-report.ts";
import type { PullEntry } from "../../src/protocol/share.ts";

const ENTRY: PullEntry = {
  path: "node_modules",
  outcome: "pulled",
  from: "/src/main",
  message: null,
  hint: null,
  size: null,
  durationMs: 1234,
  tally: {
    files: 1199,
    directories: 3,
    links: 1,
    sharedBytes: 2 << 20,
    copiedBytes: 10,
    hardLinks: 4,
    resumedFiles: 0,
    skipped: 0,
    lostAttributes: 0,
    foreignLinks: [],
    foreignLinkCount: 0,
    rounds: 1,
  },
};

test("describePulled() says from where, how long, and how", () => {
  expect(describePulled(ENTRY)).toBe(
    "'node_modules' mirrored from '/src/main' in 1.2 s: 1,200 files, 4 of them linked, 2.0 MiB shared, 10 B copied",
  );
});
