/** The mounts of one worktree, and what stands in the way of watching it. */

import { expect, test } from "bun:test";

import type { BytePath } from "../../src/base/brands.ts";
import { Mounts } from "../../src/monitor/mounts.ts";
import { WorktreeMounts } from "../../src/monitor/worktree-mounts.ts";
import { scriptedMounts } from "../support/scripted-mounts.ts";

const TOP = "1 0 8:1 / / rw - ext4 d rw";
const CACHE = "2 1 0:5 / /tree/cache rw - tmpfs t rw";
const NONE: readonly BytePath[] = [];

test("WorktreeMounts.update() tells what came, went and changed, once", () => {
  const source = scriptedMounts(TOP);
  using all = new Mounts(source);
  const mounts = new WorktreeMounts(all, "/tree");
  expect(mounts.update()).toBeUndefined();
  source.change(TOP, CACHE);
  expect(mounts.update()).toEqual({ isRootConcerned: false, below: ["cache" as BytePath] });
  expect(mounts.update()).toBeUndefined();
  expect([...mounts.points()]).toEqual(["cache" as BytePath]);
  source.change(TOP, CACHE.replace("0:5", "0:6"));
  expect(mounts.update()).toEqual({ isRootConcerned: false, below: ["cache" as BytePath] });
  source.change(TOP, CACHE.replace("0:5", "0:6"), "3 1 0:7 / /elsewhere rw - tmpfs t rw");
  expect(mounts.update()).toBeUndefined();
  source.change(TOP, "4 1 0:8 / /tree rw - tmpfs t rw");
  expect(mounts.update()).toEqual({ isRootConcerned: true, below: ["cache" as BytePath] });
  all.reload();
  expect(mounts.isOutdated).toBe(true);
});

test.each(["nfs4", "cifs", "9p", "virtiofs", "fuse.sshfs", "vboxsf", "ceph"])(
  "E14 WorktreeMounts.obstacle() is a root on %s, or such a mount inside",
  (type) => {
    const source = scriptedMounts(TOP, `2 1 0:5 / /tree rw - ${type} x rw`);
    using all = new Mounts(source);
    const mounts = new WorktreeMounts(all, "/tree");
    expect(mounts.obstacle(NONE)).toEqual({ type, path: "" as BytePath });
    source.change(TOP, `3 1 0:5 / /tree/sub/x rw - ${type} x rw`);
    mounts.update();
    expect(mounts.obstacle(NONE)).toEqual({ type, path: "sub/x" as BytePath });
    expect(mounts.obstacle(["su" as BytePath])).toBeDefined();
    expect(mounts.obstacle(["sub" as BytePath])).toBeUndefined();
    expect(mounts.obstacle(["sub/x" as BytePath])).toBeUndefined();
  },
);

test("WorktreeMounts: a root that is not ASCII, and what lies in a .git", () => {
  const point = Buffer.from("/bäume/ß").toString("latin1");
  using all = new Mounts(
    scriptedMounts(
      TOP,
      `2 1 0:5 / ${point} rw - tmpfs x rw`,
      "3 1 0:6 / /tree/.git/x rw - nfs x rw",
    ),
  );
  const mounts = new WorktreeMounts(all, "/bäume");
  expect([...mounts.points()]).toEqual([Buffer.from("ß").toString("latin1") as BytePath]);
  expect(new WorktreeMounts(all, "/tree").obstacle(NONE)).toBeUndefined();
});
