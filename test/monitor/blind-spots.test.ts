/** What `gity health` says that gity cannot see. */

import { expect, test } from "bun:test";

import { describeBlindSpots } from "../../src/monitor/blind-spots.ts";

test.each([
  [{ linkedEntries: 0, hasForgottenHeldFiles: false }, []],
  [
    { linkedEntries: 1, hasForgottenHeldFiles: false },
    [
      "1 file name is a hard link: git looks at it each time, because a change through another name may cause no event",
    ],
  ],
  [
    { linkedEntries: 12, hasForgottenHeldFiles: true },
    [
      "12 file names are hard links: git looks at them each time, because a change through another name may cause no event",
      "more than 256 files were written to and not closed: what is stored into a mapping of the oldest shows when it is unmapped",
    ],
  ],
])("describeBlindSpots(%j)", (watched, expected) => {
  expect(describeBlindSpots(watched)).toEqual(expected);
});
