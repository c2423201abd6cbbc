/** What the kernel knows of a running process: proc(5). */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

import { eventually } from "./eventually.ts";

/** Open descriptors, by what they lead to. Those closed meanwhile are left out. */
export function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

export function inotifyInstancesOf(pid: number): number {
  return descriptorsOf(pid).filter((target) => target === "anon_inode:inotify").length;
}

/** proc_pid_fdinfo(5): one line for each watch of an instance. */
export function inotifyWatchesOf(pid: number): number {
  let watches = 0;
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    try {
      const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1");
      watches += info.split("\n").filter((line) => line.startsWith("inotify ")).length;
    } catch {
      // Closed meanwhile.
    }
  }
  return watches;
}

/** Megabytes of memory resident now. */
export function residentMegabytesOf(pid: number): number {
  return fieldOf(readFileSync(`/proc/${pid}/status`, "latin1"), "VmRSS") / 1024;
}

/** How often each thread, by its name, has gone to sleep of its own accord: each time, something had
 *  woken it before. Threads of one name are counted together. */
export function wakeUpsOf(pid: number): ReadonlyMap<string, number> {
  const switches = new Map<string, number>();
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, "latin1");
    const name = /^Name:\t(.*)$/m.exec(status)?.[1] ?? "";
    const count = fieldOf(status, "voluntary_ctxt_switches");
    switches.set(name, (switches.get(name) ?? 0) + count);
  }
  return switches;
}

/** poll(2); on arm64 the C library makes it of ppoll(2). */
const POLL_CALLS = new Set(["7", "73"]);

/** The thread that sleeps in poll(2), as soon as one does: of the daemon it is the monitor, when it has nothing to do. */
export async function monitorThreadOf(pid: number): Promise<number> {
  const thread = await eventually(
    () =>
      readdirSync(`/proc/${pid}/task`).find((task) => {
        const [call = ""] = readFileSync(`/proc/${pid}/task/${task}/syscall`, "latin1").split(" ");
        return POLL_CALLS.has(call);
      }),
    { what: `a thread of ${pid} to sleep in poll(2)` },
  );
  return Number(thread);
}

function fieldOf(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
}
