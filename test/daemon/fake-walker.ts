/** A walker thread for tests: what it finds is in the root it is given. */

import type { WalkerRequest } from "../../src/daemon/walker-thread.ts";

declare const self: Worker;

self.addEventListener("message", (event: MessageEvent<WalkerRequest>) => {
  const { root } = event.data;
  if (root.includes("broken")) {
    throw new Error("the fake walker was told to die");
  }
  self.postMessage({ kind: "progress", directories: 2 }, []);
  const table = {
    count: 5,
    parents: new Int32Array(5),
    watchDescriptors: new Int32Array(5),
    nameEnds: new Int32Array(5),
    names: new Uint8Array(5),
    walkMs: 1,
    watchMs: 1,
  };
  self.postMessage({ kind: "table", table }, [
    table.parents.buffer,
    table.watchDescriptors.buffer,
    table.nameEnds.buffer,
    table.names.buffer,
  ]);
});
