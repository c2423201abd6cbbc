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
  const message = walkAndClose(event.data);
  // Last of all: whoever gets the result ends this thread, wherever it is.
  postMessage(message, message.kind === "table" ? tableBuffers(message.table) : []);
});

function walkAndClose({ root, inotifyFd, excluded }: WalkRequest): WalkMessage {
  const fd = inotifyFd as Fd;
  try {
    const onProgress = (directories: number): void => {
      postMessage({ kind: "progress", directories } satisfies WalkMessage);
    };
    return { kind: "table", table: walk(root, fd, { excluded, onProgress }) };
  } catch (error) {
    if (!(error instanceof SystemCallError)) {
      throw error;
    }
    const { syscall, errno, path } = error;
    return { kind: "failed", syscall, errno, path: path ?? root };
  } finally {
    closeDescriptor(fd);
  }
}
