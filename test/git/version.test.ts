/** Which git is there. */

import { expect, test } from "bun:test";

import { isSupportedGit, parseGitVersion, requireSupportedGit } from "../../src/git/version.ts";

test.each([
  ["git version 2.39.5\n", "2.39.5", true],
  ["git version 2.39.5 (Apple Git-154)\n", "2.39.5", true],
  ["git version 2.55.0.windows.1\n", "2.55.0.windows.1", true],
  ["git version 2.47.GIT\n", "2.47.GIT", true],
  ["git version 2.31.0\n", "2.31.0", true],
  ["git version 2.30.9\n", "2.30.9", false],
  ["git version 1.99.0\n", "1.99.0", false],
  ["git version 3.0.0-rc1\n", "3.0.0-rc1", true],
])("parseGitVersion(%j) is %s, supported: %p", (output, text, isSupported) => {
  const version = parseGitVersion(output);

  expect(version?.text).toBe(text);
  expect(version !== undefined && isSupportedGit(version)).toBe(isSupported);
});

test.each(["", "git version", "hub version 2.39.5", "git version x.y"])(
  "parseGitVersion(%j) is undefined",
  (output) => {
    expect(parseGitVersion(output)).toBeUndefined();
  },
);

test("requireSupportedGit() accepts the git of this machine", async () => {
  expect((await requireSupportedGit()).major).toBeGreaterThanOrEqual(2);
});
