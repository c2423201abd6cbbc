/** Which mount a path lies on, as the kernel finds it. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";

import { isSameMount, MountTable } from "../../src/watch/mount-table.ts";

const TABLE = new MountTable(
  [
    "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
    "30 25 0:22 / /proc rw - proc proc rw",
    "31 25 0:40 / /home rw shared:2 master:1 - nfs4 server:/home rw,addr=10.0.0.1",
    "32 31 8:17 / /home/me/src rw - xfs /dev/sdb1 rw",
    "33 32 0:41 / /home/me/src/tree/cache rw - tmpfs tmpfs rw",
    // Stacked: the second is mounted on the first.
    "34 33 0:42 / /home/me/src/tree/cache rw - fuse.sshfs you@there: rw",
    String.raw`35 32 8:17 /other\040place /home/me/src/tree/a\040b\134c rw - xfs /dev/sdb1 rw`,
    // Hidden: /mnt itself was mounted over later.
    "36 25 0:43 / /mnt/usb rw - vfat /dev/sdc1 rw",
    "37 25 0:44 / /mnt rw - tmpfs none rw",
  ].join("\n"),
);

test.each([
  ["/", "ext4"],
  ["/etc", "ext4"],
  ["/homestead", "ext4"],
  ["/home", "nfs4"],
  ["/home/me", "nfs4"],
  ["/home/me/src/tree", "xfs"],
  ["/home/me/src/tree/cache", "fuse.sshfs"],
  ["/home/me/src/tree/cache/deep", "fuse.sshfs"],
  ["/mnt/usb", "tmpfs"],
])("MountTable.at('%s') is on %s", (path, type) => {
  expect(TABLE.at(path)?.fileSystem).toBe(type);
});

function below(root: string): string[][] {
  return [...TABLE.below(root)].map(([path, { fileSystem }]) => [path, fileSystem]);
}

test("MountTable.below() names what is visible below a root, and decodes its path", () => {
  expect(below("/home/me/src/tree")).toEqual([
    ["cache", "fuse.sshfs"],
    [String.raw`a b\c`, "xfs"],
  ]);
  expect(below("/home/me/src")).toEqual([
    ["tree/cache", "fuse.sshfs"],
    [String.raw`tree/a b\c`, "xfs"],
  ]);
  expect(below("/home/me/src/tree/cache")).toEqual([]);
  expect(below("/mnt")).toEqual([]);
  expect(below("/").map(([path]) => path)).toEqual([
    "proc",
    "home",
    "home/me/src",
    "home/me/src/tree/cache",
    String.raw`home/me/src/tree/a b\c`,
    "mnt",
  ]);
});

test("isSameMount() tells mounts apart that have the same number", () => {
  const mount = TABLE.at("/proc")!;
  expect(isSameMount(mount, { ...mount })).toBe(true);
  expect(isSameMount(undefined, undefined)).toBe(true);
  expect(isSameMount(mount, undefined)).toBe(false);
  for (const other of [{ device: "0:99" }, { source: "/x" }, { fileSystem: "x" }, { id: 1 }]) {
    expect(isSameMount(mount, { ...mount, ...other })).toBe(false);
  }
});

test("MountTable takes any text, and finds nothing in what is none of its lines", () => {
  const line = "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw";
  for (let end = 0; end < line.length; end += 1) {
    const table = new MountTable(line.slice(0, end));
    expect(["", "e", "ex", "ext", "ext4", undefined]).toContain(table.at("/x")?.fileSystem);
  }
  expect(new MountTable("").at("/")).toBeUndefined();
  // A loop of parents cannot be; it must not hang either.
  expect(new MountTable(`1 2 0:1 / / rw - x x x\n2 1 0:1 / / rw - x x x`).at("/")).toBeUndefined();
});

test("MountTable understands this machine's own mounts", () => {
  const table = new MountTable(readFileSync("/proc/self/mountinfo", "latin1"));
  expect(table.at("/proc/self")?.fileSystem).toBe("proc");
  expect(table.at("/")).toBeDefined();
});
