/**
 * Watches single places beside the trees: folders in git directories, and sockets. One inotify instance
 * serves them all.
 *
 * Owns: the instance, and who wants to know about which place. Lost events make every listener look
 * again; a listener may always be called without need.
 */

import type { Fd, WatchDescriptor } from "../base/brands.ts";
import { EVENT_BUFFER_BYTES } from "../base/limits.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import {
  addWatch,
  decodeEvents,
  EVENT_BYTES_MAX,
  IN_ATTRIB,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_DONT_FOLLOW,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_ONLYDIR,
  isOverflow,
  isWatchGone,
  openInotify,
  readEvents,
  removeWatch,
} from "../ffi/inotify.ts";
import { cString, SystemCallError } from "../ffi/libc.ts";

/** Names come or go in a folder, or it goes itself. */
export const NAMES_MASK =
  IN_CREATE |
  IN_DELETE |
  IN_MOVED_FROM |
  IN_MOVED_TO |
  IN_DELETE_SELF |
  IN_MOVE_SELF |
  IN_ONLYDIR |
  IN_DONT_FOLLOW;

/** A file loses its name: that changes its link count, which is an attribute (inotify(7)). */
export const UNLINK_MASK = IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_DONT_FOLLOW;

/** poll(2) passes over it, and inotify_add_watch(2) refuses it. */
const NO_INSTANCE = -1 as Fd;

/** Called with the name the event is about; empty for the place itself, or when events were lost. */
export type PlaceListener = (name: string) => void;

export class PlaceWatch implements Disposable {
  readonly fd: Fd;
  readonly #buffer = Buffer.alloc(EVENT_BUFFER_BYTES);
  readonly #listeners = new Map<WatchDescriptor, PlaceListener>();

  /** Without an instance left for this user nothing is noticed; that makes nothing wrong. */
  constructor() {
    this.fd = openOrNone();
  }

  [Symbol.dispose](): void {
    if (this.fd !== NO_INSTANCE) {
      closeDescriptor(this.fd);
    }
  }

  get size(): number {
    return this.#listeners.size;
  }

  /**
   * Tells `listener` what happens at `path` from now on. Undefined when there is nothing, or nothing
   * that may be watched. A place that is watched already changes its listener.
   */
  watch(path: string, mask: number, listener: PlaceListener): WatchDescriptor | undefined {
    const result = addWatch(this.fd, cString(path, "utf8"), mask);
    if (result < 0) {
      return undefined;
    }
    const wd = result as WatchDescriptor;
    this.#listeners.set(wd, listener);
    return wd;
  }

  /** A place that is gone already is no error. */
  unwatch(wd: WatchDescriptor | undefined): void {
    if (wd !== undefined && this.#listeners.delete(wd)) {
      removeWatch(this.fd, wd);
    }
  }

  /** Tells of everything that is queued now. Never blocks. @throws SystemCallError */
  drain(): void {
    if (this.fd === NO_INSTANCE) {
      return;
    }
    for (let room = 0; room < EVENT_BYTES_MAX;) {
      const count = readEvents(this.fd, this.#buffer);
      decodeEvents(this.#buffer, count, ({ wd, mask, name }) => {
        if (isOverflow(mask)) {
          this.#tellAll();
          return;
        }
        const listener = this.#listeners.get(wd);
        if (isWatchGone(mask)) {
          this.#listeners.delete(wd);
        }
        listener?.(name);
      });
      room = count === 0 ? EVENT_BYTES_MAX : this.#buffer.length - count;
    }
  }

  #tellAll(): void {
    // A listener may watch other places: these need not be told.
    Array.from(this.#listeners.values()).forEach((listener) => {
      listener("");
    });
  }
}

function openOrNone(): Fd {
  try {
    return openInotify();
  } catch (error) {
    if (error instanceof SystemCallError) {
      return NO_INSTANCE;
    }
    throw error;
  }
}
