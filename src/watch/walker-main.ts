/**
 * The walker thread: covers one tree, hands over the table, and is done.
 *
 * Started by the control thread with `{ root, inotifyFd }`. The descriptor is a duplicate of the
 * monitor's, so the watches added here are the monitor's; it is closed here, because the monitor
 * may have given up meanwhile. Posts progress, then one result.
 */

import type { Fd } from "../base/brands.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { SystemCallError } from "../ffi/libc.ts";
import { type DirectoryTable, tableBuffers } from "./directory-table.ts";
import { walk } from "./walk.ts";

declare const self: Worker;

export interface WalkRequest {
  readonly root: string;
  readonly inotifyFd: number;
  readonly excluded: readonly string[];
}

export type WalkMessage =
  | { readonly kind: "progress"; readonly directories: number }
  | { readonly kind: "table"; readonly table: DirectoryTable }
  | {
      readonly kind: "failed";
      readonly syscall: string;
      readonly errno: number;
      readonly path: string;
    };

self.addEventListener("message", (event: MessageEvent<WalkRequest>) => {
  const { root } = event.data;
  const inotifyFd = event.data.inotifyFd as Fd;
  try {
    const table = walk(root, inotifyFd, {
      excluded: event.data.excluded,
      onProgress: (directories) => {
        postMessage({ kind: "progress", directories } satisfies WalkMessage);
      },
    });
    postMessage({ kind: "table", table } satisfies WalkMessage, tableBuffers(table));
  } catch (error) {
    if (!(error instanceof SystemCallError)) {
      throw error;
    }
    const { syscall, errno, path } = error;
    postMessage({ kind: "failed", syscall, errno, path: path ?? root } satisfies WalkMessage);
  } finally {
    closeDescriptor(inotifyFd);
  }
});
