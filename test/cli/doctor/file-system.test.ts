/** What a folder lies on. */

import { expect, test } from "bun:test";

import {
  fileSystemOf,
  isNetworkFileSystem,
  readMountinfo,
} from "../../../src/cli/doctor/file-system.ts";

const MOUNTS = `27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 27 0:30 / /home\\040of rw - tmpfs tmpfs rw
31 27 0:31 / /home rw - nfs4 server:/ rw
32 31 0:32 / /home rw master:2 - ext4 /dev/vdb rw
33 27 0:33 / /mnt/a rw - fuse.sshfs x rw
`;

test("fileSystemOf() is that of the innermost mount, the last of several", () => {
  expect(fileSystemOf("/none", MOUNTS)).toBe("ext4");
  expect(fileSystemOf("/home of/x", MOUNTS)).toBe("tmpfs");
  expect(fileSystemOf("/home/x", MOUNTS)).toBe("ext4");
  expect(fileSystemOf("/mnt/a", MOUNTS)).toBe("fuse.sshfs");
  expect(fileSystemOf("/mnt/ab", MOUNTS)).toBe("ext4");
  expect(fileSystemOf("/x", "")).toBeUndefined();
});

test("readMountinfo() is this machine's", () => {
  expect(fileSystemOf("/proc/self", readMountinfo())).toBe("proc");
});

test("isNetworkFileSystem() is true of what another machine may write to", () => {
  expect(["nfs", "nfs4", "cifs", "9p", "fuse.sshfs"].every(isNetworkFileSystem)).toBe(true);
  expect(["ext4", "tmpfs", "overlay", "fuse.portal"].some(isNetworkFileSystem)).toBe(false);
});
