/** Table `status_measurements`. */

import { expect, test } from "bun:test";

import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";
import { BY_HOOK } from "../support/ways.ts";

test("StatusMeasurementTable keeps the last one of a worktree, and none of one that is gone", () => {
  using folder = tempDir("store");
  using store = Store.open(folder.join("gity.db"));
  const { id } = store.write(({ repositories, worktrees }) => {
    const repository = repositories.insert("/a/.git", 1, BY_HOOK);
    return worktrees.insert({ repositoryId: repository.id, root: "/a", gitDir: "/a/.git" });
  });
  const first = { atMs: 1, runs: 10, withMs: 12.25, withoutMs: 230.5 };
  const second = { ...first, atMs: 2, withMs: 11 };
  const load = () => store.read(({ statusMeasurements }) => statusMeasurements.loadAll());
  const save = (measurement: typeof first, worktreeId = id): void => {
    store.write(({ statusMeasurements }) => {
      statusMeasurements.save({ ...measurement, worktreeId });
    });
  };

  const nothing = load();
  save(first);
  const once = load();
  save(second);
  save(first, id + 1);
  const twice = load();
  store.write(({ worktrees }) => {
    worktrees.delete(id);
  });

  expect([nothing, once, twice, load()]).toEqual([
    [],
    [{ worktreeId: id, ...first }],
    [{ worktreeId: id, ...second }],
    [],
  ]);
});
