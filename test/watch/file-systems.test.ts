/** CHECKLIST E14: on which file systems events tell everything. */

import { expect, test } from "bun:test";

import { isWatchableFileSystem } from "../../src/watch/file-systems.ts";

test.each(["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "f2fs", "vfat"])(
  "E14 isWatchableFileSystem() trusts %s",
  (type) => {
    expect(isWatchableFileSystem(type)).toBe(true);
  },
);

const REMOTE = "nfs nfs4 cifs smb3 9p virtiofs vboxsf fuse fuse.sshfs fuseblk afs ceph coda prl_fs";
const CLUSTER = "gfs2 ocfs2 lustre pvfs2";

test.each([
  ...`${REMOTE} ${CLUSTER} proc sysfs autofs`.split(" "),
  "",
  "a file system invented tomorrow",
])("E14 isWatchableFileSystem() doubts '%s'", (type) => {
  expect(isWatchableFileSystem(type)).toBe(false);
});
