/**
 * What a log that its writer has left behind still says: the history to go on with after a restart.
 *
 * Any doubt is `undefined`, which means a new epoch [L5]: another boot (what was written may not have
 * reached the disk), another root, a file that is not the one that was written, a writer that may be
 * alive [L6], a batch that is not whole.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

import type { BytePath, Epoch, Fd, Generation } from "../base/brands.ts";
import { LOG_RECOVERY_BYTES_MAX } from "../base/limits.ts";
import { lockFile } from "../ffi/file-lock.ts";
import {
  BATCHES_OFFSET,
  decodeBatch,
  decodeHeader,
  HEADER_BYTES,
  type LogHeader,
} from "./layout.ts";
import type { LogOrigin } from "./writer.ts";

export interface RecoveredLog extends Disposable {
  readonly epoch: Epoch;
  readonly generation: Generation;
  readonly oldestGeneration: Generation;
  readonly oldestDirectGeneration: Generation;
  /** Of generations after the oldest, oldest first. */
  readonly batches: readonly {
    readonly generation: Generation;
    readonly paths: readonly BytePath[];
  }[];
}

/**
 * Reads the log at `path`. As long as the result is not disposed of nobody else can go on with it:
 * dispose of it when another log is in its place.
 *
 * @throws EMFILE, EIO, …
 */
export function recoverLog(path: string, origin: LogOrigin): RecoveredLog | undefined {
  const fd = openIfThere(path);
  if (fd === undefined) {
    return undefined;
  }
  const recovered = recoverFrom(fd, origin);
  if (recovered === undefined) {
    closeSync(fd);
    return undefined;
  }
  return {
    ...recovered,
    [Symbol.dispose]: () => {
      closeSync(fd);
    },
  };
}

function recoverFrom(fd: number, origin: LogOrigin): Omit<RecoveredLog, symbol> | undefined {
  const stat = fstatSync(fd, { bigint: true });
  const isReadable =
    stat.isFile() && stat.size >= BATCHES_OFFSET && stat.size <= LOG_RECOVERY_BYTES_MAX;
  if (!isReadable || !lockFile(fd as Fd)) {
    return undefined;
  }
  const file = readFileSync(fd);
  // A writer that died between the two copies had written the second, and everything it speaks of.
  const header = decodeHeader(file.subarray(HEADER_BYTES, 2 * HEADER_BYTES)) ?? decodeHeader(file);
  if (header === undefined || !isOf(header, origin) || header.inode !== stat.ino) {
    return undefined;
  }
  const batches = readBatches(file, header);
  const { epoch, generation, oldestGeneration, oldestDirectGeneration } = header;
  return batches && { epoch, generation, oldestGeneration, oldestDirectGeneration, batches };
}

function isOf({ generation, bootId, root }: LogHeader, origin: LogOrigin): boolean {
  return (
    generation > 0 &&
    bootId === origin.bootId &&
    root.device === origin.root.device &&
    root.inode === origin.root.inode
  );
}

function readBatches(file: Buffer, header: LogHeader): RecoveredLog["batches"] | undefined {
  const batches: { generation: Generation; paths: readonly BytePath[] }[] = [];
  let { endOffset } = header;
  let newest: number = header.generation;
  while (endOffset > BATCHES_OFFSET) {
    const batch = endOffset <= file.length ? decodeBatch(file, endOffset) : undefined;
    if (batch === undefined || batch.trailer.generation > newest) {
      return undefined;
    }
    const { generation } = batch.trailer;
    if (generation <= header.oldestGeneration) {
      break;
    }
    const text = batch.paths.toString("latin1", 0, batch.paths.length - 1);
    batches.push({ generation, paths: text.split("\0") as BytePath[] });
    newest = generation - 1;
    endOffset = batch.offset;
  }
  return batches.toReversed();
}

/** A link that somebody planted here is not followed. */
function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ELOOP" || code === "ENOTDIR" || code === "ENXIO") {
      return undefined;
    }
    throw error;
  }
}
