/**
 * A walker: a Worker that covers one tree and ends.
 *
 * Started by the control thread because the monitor's never returns to its event loop and so
 * cannot hear from a Worker of its own.
 */

import type { WalkerFinding, WalkResult } from "../monitor/messages.ts";

export interface WalkerRequest {
  readonly root: string;
  /** Undefined: nothing is watched. */
  readonly inotifyFd: number | undefined;
  readonly excluded: readonly string[];
  /** An encoded snapshot, to compare the tree with. */
  readonly before: Uint8Array | undefined;
}

type WalkerMessage = WalkerFinding | { readonly kind: "progress"; readonly directories: number };

/** The errno of a walker that ended without a result: EIO, the kernel's own word for it. */
const EIO = 5;

/** Never rejects: a walker that dies is a walk that failed, and the monitor tries again. */
export async function walkTree(
  walkerUrl: URL,
  request: WalkerRequest,
  onProgress: (directories: number) => void,
): Promise<WalkerFinding> {
  const { promise, resolve } = Promise.withResolvers<WalkerFinding>();
  const died: WalkerFinding = { kind: "failed", syscall: "walker", errno: EIO, path: request.root };
  const worker = new Worker(walkerUrl.href);
  worker.addEventListener("message", (event: MessageEvent<WalkerMessage>) => {
    if (event.data.kind === "progress") {
      onProgress(event.data.directories);
    } else {
      resolve(event.data);
    }
  });
  worker.addEventListener("error", () => {
    resolve(died);
  });
  worker.addEventListener("close", () => {
    resolve(died);
  });
  worker.postMessage(request, []);
  const result = await promise;
  worker.terminate();
  return result;
}

/** The buffers of a result, to be moved and not copied. */
export function transferList(result: WalkResult): ArrayBuffer[] {
  if (result.kind !== "table") {
    return [];
  }
  const { parents, watchDescriptors, nameEnds, names } = result.table;
  return [parents.buffer, watchDescriptors.buffer, nameEnds.buffer, names.buffer].filter(
    (buffer) => buffer instanceof ArrayBuffer,
  );
}
