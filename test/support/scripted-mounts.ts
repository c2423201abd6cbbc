/** A machine's mounts as a test says they are: NFS and its like cannot be mounted on command. */

import type { Fd } from "../../src/base/brands.ts";
import type { MountSource } from "../../src/monitor/mounts.ts";

export interface ScriptedMounts extends MountSource {
  /** From now on /proc/self/mountinfo says this. */
  change(...lines: string[]): void;
}

export function scriptedMounts(...lines: string[]): ScriptedMounts {
  let text = lines.join("\n");
  let hasChanged = false;
  return {
    fd: -1 as Fd,
    take: () => {
      const had = hasChanged;
      hasChanged = false;
      return had;
    },
    read: () => text,
    change: (...next) => {
      text = next.join("\n");
      hasChanged = true;
    },
    [Symbol.dispose]: () => {},
  };
}
