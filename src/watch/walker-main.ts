/**
 * The walker thread: covers one tree, hands over what it has found, and is done.
 *
 * Started by the control thread. The descriptor is a duplicate of the monitor's, so the watches added
 * here are the monitor's; it is closed here, because the monitor may have given up meanwhile. Without
 * one the tree is only looked at. Posts progress, then one result.
 */

import type { Fd } from "../base/brands.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { SystemCallError } from "../ffi/libc.ts";
import type { Difference } from "./comparison.ts";
import { type DirectoryTable, tableBuffers } from "./directory-table.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";
import { walk } from "./walk.ts";

declare const self: Worker;

export interface WalkerRequest {
  readonly root: string;
  readonly inotifyFd: number | undefined;
  readonly excluded: readonly string[];
  /** An encoded snapshot, to compare the tree with. */
  readonly before: Uint8Array | undefined;
}

export type WalkerResult =
  | {
      readonly kind: "table";
      readonly table: DirectoryTable;
      /** Encoded. */
      readonly snapshot: Uint8Array;
      /** Directories and files in it that had changed a moment ago: they will be reported as changed. */
      readonly unsettled: number;
      /** From `before`; undefined without one that can be used, or when there is too much of it. */
      readonly difference: Difference | undefined;
    }
  | {
      readonly kind: "failed";
      readonly syscall: string;
      readonly errno: number;
      readonly path: string;
    };

export type WalkerMessage =
  WalkerResult | { readonly kind: "progress"; readonly directories: number };

self.addEventListener("message", (event: MessageEvent<WalkerRequest>) => {
  const message = walkAndClose(event.data);
  // Last of all: whoever gets the result ends this thread, wherever it is.
  postMessage(message, message.kind === "table" ? tableBuffers(message.table) : []);
});

function walkAndClose({ root, inotifyFd, excluded, before }: WalkerRequest): WalkerResult {
  const fd = inotifyFd as Fd | undefined;
  try {
    const { table, snapshot, difference } = walk(root, fd, {
      excluded,
      before: before === undefined ? undefined : decodeSnapshot(before),
      onProgress: (directories) => {
        postMessage({ kind: "progress", directories } satisfies WalkerMessage);
      },
    });
    const { unsettled } = snapshot;
    return { kind: "table", table, snapshot: encodeSnapshot(snapshot), unsettled, difference };
  } catch (error) {
    if (!(error instanceof SystemCallError)) {
      throw error;
    }
    const { syscall, errno, path } = error;
    return { kind: "failed", syscall, errno, path: path ?? root };
  } finally {
    if (fd !== undefined) {
      closeDescriptor(fd);
    }
  }
}
