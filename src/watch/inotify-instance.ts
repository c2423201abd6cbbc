/**
 * inotify instances, and who shares which.
 *
 * A user has 128 of them by default (fs.inotify.max_user_instances) and may have hundreds of
 * worktrees. While there are few, each worktree has its own, so that an overflow costs nobody
 * else; beyond that they share.
 *
 * INVARIANTS
 *
 *   [I1] A watch descriptor belongs to one member of its instance. The kernel gives the same one
 *        for the same directory, so worktrees of which one lies in the other never share, nor
 *        does one with mounts in it: these may show directories of any other.
 *   [I2] What was read from the descriptor has been given to every member concerned, in order.
 */

import type { Fd, WatchDescriptor } from "../base/brands.ts";
import { EVENT_BUFFER_BYTES, INOTIFY_INSTANCES_MAX } from "../base/limits.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import {
  decodeEvents,
  EVENT_BYTES_MAX,
  type InotifyEvent,
  isOverflow,
  openInotify,
  readEvents,
  removeWatch,
} from "../ffi/inotify.ts";
import { EIO, EMFILE, SystemCallError } from "../ffi/libc.ts";
import { watchDirectory } from "./watch-directory.ts";

/** A worktree's part in an instance. */
export interface InstanceMember {
  readonly root: string;
  /** Whether a walker is adding watches for it that it does not know yet. */
  readonly isWalking: boolean;
  /** Whether no other worktree may be in its instance. */
  readonly mustBeAlone: boolean;
  /** The watches it knows to be its own. */
  ownWatches(): Iterable<WatchDescriptor>;
  receive(event: InotifyEvent): void;
  /** Another member found the directory of this watch in its own tree. */
  watchTaken(wd: WatchDescriptor): void;
  /** Everything that was queued has been received. */
  drained(): void;
  overflowed(): void;
  unreadable(error: SystemCallError): void;
}

const buffer = Buffer.alloc(EVENT_BUFFER_BYTES);

export class InotifyInstance {
  readonly fd: Fd;
  readonly #members = new Set<InstanceMember>();
  /** Undefined while there is one member, to whom everything belongs. */
  #owners: Map<WatchDescriptor, InstanceMember> | undefined;
  #isClosed = false;

  /** @throws SystemCallError EMFILE */
  constructor() {
    this.fd = openInotify();
  }

  get memberCount(): number {
    return this.#members.size;
  }

  /** [I1] */
  canTake(root: string): boolean {
    for (const member of this.#members) {
      const isNested = isSameOrBelow(root, member.root) || isSameOrBelow(member.root, root);
      if (member.mustBeAlone || isNested) {
        return false;
      }
    }
    return true;
  }

  join(member: InstanceMember): void {
    this.#members.add(member);
    if (this.#members.size < 2 || this.#owners !== undefined) {
      return;
    }
    this.#owners = new Map();
    for (const each of this.#members) {
      for (const wd of each.ownWatches()) {
        this.#owners.set(wd, each);
      }
    }
  }

  /** Gives up all watches of a member. The last one to leave closes the descriptor. */
  leave(member: InstanceMember): void {
    this.#members.delete(member);
    if (this.#members.size === 0) {
      this.#isClosed = true;
      closeDescriptor(this.fd);
      return;
    }
    for (const wd of member.ownWatches()) {
      this.release(member, wd);
    }
  }

  /** Watches a directory for a member. Returns the descriptor, or the negated errno. */
  watch(member: InstanceMember, path: Uint8Array, mask: number): number {
    const wd = watchDirectory(this.fd, path, mask);
    if (wd >= 0) {
      this.claim(member, wd as WatchDescriptor);
    }
    return wd;
  }

  claim(member: InstanceMember, wd: WatchDescriptor): void {
    const owner = this.#owners?.get(wd);
    // First the new owner: the old one forgets the directory, and would remove the watch.
    this.#owners?.set(wd, member);
    if (owner !== undefined && owner !== member) {
      owner.watchTaken(wd);
    }
  }

  /** Forgets a watch, unless another member has it by now. */
  release(member: InstanceMember, wd: WatchDescriptor): void {
    const owner = this.#owners?.get(wd);
    if (owner !== undefined && owner !== member) {
      return;
    }
    this.#owners?.delete(wd);
    removeWatch(this.fd, wd);
  }

  /** Forgets watches that a walker added for a member who no longer wants them. */
  discard(watches: Iterable<number>): void {
    for (const wd of this.#isClosed ? [] : watches) {
      if (wd >= 0 && this.#owners !== undefined && !this.#owners.has(wd as WatchDescriptor)) {
        removeWatch(this.fd, wd as WatchDescriptor);
      }
    }
  }

  /** Hands out every event that is queued now [I2]. */
  drain(): void {
    let room = 0;
    while (room < EVENT_BYTES_MAX) {
      const count = this.#read();
      if (count === 0) {
        break;
      }
      const decoded = decodeEvents(buffer, count, (event) => {
        this.#deliver(event);
      });
      if (decoded !== count) {
        this.#reportUnreadable(new SystemCallError("read", EIO, "inotify"));
      }
      // Room for one more event means that the queue was empty when the read returned.
      room = buffer.length - count;
    }
    for (const member of this.#members) {
      member.drained();
    }
  }

  #read(): number {
    try {
      return readEvents(this.fd, buffer);
    } catch (error) {
      if (!(error instanceof SystemCallError)) {
        throw error;
      }
      this.#reportUnreadable(error);
      return 0;
    }
  }

  #reportUnreadable(error: SystemCallError): void {
    for (const member of this.#members) {
      member.unreadable(error);
    }
  }

  #deliver(event: InotifyEvent): void {
    if (isOverflow(event.mask)) {
      for (const member of this.#members) {
        member.overflowed();
      }
      return;
    }
    const owner = this.#owners?.get(event.wd);
    if (owner !== undefined) {
      owner.receive(event);
      return;
    }
    // One member, or a watch that a walker has added and nobody has claimed.
    for (const member of this.#members) {
      if (this.#owners === undefined || member.isWalking) {
        member.receive(event);
      }
    }
  }
}

/** All instances of the process. */
export class InotifyPool {
  readonly #instances = new Set<InotifyInstance>();
  readonly #instancesMax: number;

  constructor(instancesMax: number = INOTIFY_INSTANCES_MAX) {
    this.#instancesMax = instancesMax;
  }

  get size(): number {
    return this.#instances.size;
  }

  /**
   * An instance with the member in it: its own while there are few, a shared one beyond.
   *
   * @throws SystemCallError EMFILE when there is none to be had, and none to share
   */
  join(member: InstanceMember): InotifyInstance {
    const instance = this.#findInstance(member);
    this.#instances.add(instance);
    instance.join(member);
    return instance;
  }

  leave(instance: InotifyInstance, member: InstanceMember): void {
    instance.leave(member);
    if (instance.memberCount === 0) {
      this.#instances.delete(instance);
    }
  }

  #findInstance({ root, mustBeAlone }: InstanceMember): InotifyInstance {
    const shared = mustBeAlone ? undefined : this.#leastShared(root);
    if (shared !== undefined && this.#instances.size >= this.#instancesMax) {
      return shared;
    }
    try {
      return new InotifyInstance();
    } catch (error) {
      // Other programs of this user have taken the rest.
      if (error instanceof SystemCallError && error.errno === EMFILE && shared !== undefined) {
        return shared;
      }
      throw error;
    }
  }

  #leastShared(root: string): InotifyInstance | undefined {
    let best: InotifyInstance | undefined;
    for (const instance of this.#instances) {
      if (instance.canTake(root) && instance.memberCount < (best?.memberCount ?? Infinity)) {
        best = instance;
      }
    }
    return best;
  }
}

function isSameOrBelow(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(ancestor === "/" ? "/" : `${ancestor}/`);
}
