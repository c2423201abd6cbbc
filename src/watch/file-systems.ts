/**
 * On which file systems every change causes an event here.
 *
 * inotify tells of what goes through this kernel (inotify(7), "Limitations and caveats"). What
 * another machine writes to NFS, SMB, Ceph or a cluster file system, the host of a virtual machine
 * to 9p, virtiofs or vboxsf, and whoever stands behind FUSE to what lies there, causes none; nor do
 * the files of proc(5) that are made when they are read.
 *
 * So these are the ones known to be safe, and every other is in doubt: a list of those known to be
 * unsafe would give wrong answers on the next one somebody invents. The names are those of
 * filesystems(5), as in proc_pid_mountinfo(5). Not statfs(2): it blocks while a server is away, and
 * one of its numbers stands for everything behind FUSE.
 */

const LOCAL_FILE_SYSTEMS: ReadonlySet<string> = new Set([
  "affs",
  "apfs",
  "aufs",
  "bcachefs",
  "befs",
  "bfs",
  "btrfs",
  "cramfs",
  "devtmpfs",
  "ecryptfs",
  "erofs",
  "exfat",
  "ext2",
  "ext3",
  "ext4",
  "f2fs",
  "hfs",
  "hfsplus",
  "hpfs",
  "iso9660",
  "jffs2",
  "jfs",
  "minix",
  "msdos",
  "nilfs2",
  "ntfs",
  "ntfs3",
  // What goes through the overlay is seen; changing a layer beneath it is undefined anyway
  // (Documentation/filesystems/overlayfs.rst, "Changes to underlying filesystems").
  "overlay",
  "ramfs",
  "reiserfs",
  "romfs",
  "rootfs",
  "shiftfs",
  "squashfs",
  "tmpfs",
  "ubifs",
  "udf",
  "ufs",
  "vfat",
  "xfs",
  "zfs",
]);

/** Whether inotify tells of every change on a file system of this type. */
export function isWatchableFileSystem(type: string): boolean {
  return LOCAL_FILE_SYSTEMS.has(type);
}
