/** Settings of the user that keep git from asking gity. */

import { expect, test } from "bun:test";

import { repositoryWarnings } from "../../src/git/configuration-warnings.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

const HELPER = "/opt/gity-helper";
const location = ({ path, gitDir }: TempWorktree) => ({ root: path, gitDir });

test("repositoryWarnings() has nothing to say of a plain repository", async () => {
  using tree = tempWorktree("warnings");
  tree.git("config", "core.fsmonitor", HELPER);

  expect(await repositoryWarnings([location(tree)], location(tree), HELPER)).toEqual([]);
});

test("repositoryWarnings() names a worktree whose own configuration wins", async () => {
  using tree = tempWorktree("warnings");
  const linked = tree.addLinked("linked");
  tree.git("config", "core.fsmonitor", HELPER);
  tree.git("config", "extensions.worktreeConfig", "true");
  linked.git("config", "--worktree", "core.fsmonitor", "false");

  const warnings = await repositoryWarnings(
    [location(tree), location(linked)],
    location(tree),
    HELPER,
  );

  expect(warnings).toEqual([
    `git will not ask gity in '${linked.path}': core.fsmonitor is 'false' ` +
      `in '${linked.gitDir}/config.worktree'`,
  ]);
});

test("repositoryWarnings() names a split index", async () => {
  using tree = tempWorktree("warnings");
  tree.git("config", "core.fsmonitor", HELPER);
  tree.git("config", "core.splitIndex", "yes");

  expect(await repositoryWarnings([location(tree)], location(tree), HELPER)).toEqual([
    expect.stringContaining("core.splitIndex is on"),
  ]);
});
