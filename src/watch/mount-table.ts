/**
 * What is mounted where: proc_pid_mountinfo(5), and the kernel's way from a path to its mount.
 *
 * Paths are latin1, one character per byte, absolute unless they are said to be below a root. No
 * system call is made here, so that a server that is away holds up nobody.
 */

import type { BytePath } from "../base/brands.ts";

export interface Mount {
  readonly id: number;
  readonly parentId: number;
  /** `major:minor`, as in st_dev. */
  readonly device: string;
  /** What of the file system is shown: not "/" for a bind mount of a directory in it. */
  readonly source: string;
  readonly point: string;
  /** The type: `ext4`, `nfs4`, `fuse.sshfs`. */
  readonly fileSystem: string;
}

export class MountTable {
  readonly #mounts: readonly Mount[];
  readonly #byParent = new Map<number, Mount[]>();
  readonly #top: Mount | undefined;

  /** `text` is latin1. Lines that are not of the documented form are passed over. */
  constructor(text: string) {
    this.#mounts = text.split("\n").flatMap((line) => parseLine(line) ?? []);
    const ids = new Set(this.#mounts.map(({ id }) => id));
    this.#top = this.#mounts.find(({ parentId }) => !ids.has(parentId));
    for (const mount of this.#mounts) {
      const siblings = this.#byParent.get(mount.parentId);
      if (siblings === undefined) {
        this.#byParent.set(mount.parentId, [mount]);
      } else {
        siblings.push(mount);
      }
    }
  }

  /** The mount that what is visible at a path lies on; undefined without any. */
  at(path: string): Mount | undefined {
    let mount = this.#top;
    for (let next = mount; next !== undefined; next = this.#nextTowards(path, next)) {
      mount = next;
    }
    return mount;
  }

  /** The first mount on top of `mount` that a lookup of the path comes upon. */
  #nextTowards(path: string, mount: Mount): Mount | undefined {
    let next: Mount | undefined;
    for (const child of this.#byParent.get(mount.id) ?? []) {
      const isFirst = next === undefined || child.point.length < next.point.length;
      // A mount with itself for a parent is what is left of an initial file system.
      if (child !== mount && isFirst && isSameOrBelow(path, child.point)) {
        next = child;
      }
    }
    return next;
  }

  /** What is mounted below a root and visible, by the path below it. */
  below(root: string): Map<BytePath, Mount> {
    const found = new Map<BytePath, Mount>();
    for (const mount of this.#mounts) {
      const isBelow = mount.point !== root && isSameOrBelow(mount.point, root);
      // Another one may have been mounted over it, or over a directory above.
      if (isBelow && this.at(mount.point) === mount) {
        found.set(mount.point.slice(root === "/" ? 1 : root.length + 1) as BytePath, mount);
      }
    }
    return found;
  }
}

/** Whether both are the same mount of the same thing, at different times. The kernel gives an id
 *  out again; then the device, or the events of an unmount, tell them apart. */
export function isSameMount(one: Mount | undefined, other: Mount | undefined): boolean {
  return (
    one?.id === other?.id &&
    one?.parentId === other?.parentId &&
    one?.device === other?.device &&
    one?.source === other?.source &&
    one?.fileSystem === other?.fileSystem
  );
}

/** `36 35 98:0 /source /point options [tag...] - type device options` */
function parseLine(line: string): Mount | undefined {
  const fields = line.split(" ");
  const [id, parentId, device, source, point] = fields;
  // Before the separator stand six fields and any number of tags.
  const fileSystem = fields[fields.indexOf("-", 6) + 1];
  if (
    id === undefined ||
    parentId === undefined ||
    device === undefined ||
    source === undefined ||
    point === undefined ||
    fileSystem === undefined ||
    !fields.includes("-", 6)
  ) {
    return undefined;
  }
  return {
    id: Number(id),
    parentId: Number(parentId),
    device,
    source: unescapeOctal(source),
    point: unescapeOctal(point),
    fileSystem: unescapeOctal(fileSystem),
  };
}

/** Space, tab, newline and backslash are written as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function isSameOrBelow(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(ancestor === "/" ? "/" : `${ancestor}/`);
}
