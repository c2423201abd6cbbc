/** Which system calls a program makes, as strace(1) counts them, children included. */

import { readFileSync } from "node:fs";

import { tempDir } from "./temp-dir.ts";

/** Call to how often it was made; failed ones, too. */
export type CallCounts = ReadonlyMap<string, number>;

export interface TracedOptions {
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export function hasStrace(): boolean {
  return Bun.which("strace") !== null;
}

/** Of a program from start to end, which must succeed; what it prints is thrown away. */
export function callsOf(argv: readonly string[], options: TracedOptions): CallCounts {
  using scratch = tempDir("strace");
  const output = scratch.join("counts");
  const child = Bun.spawnSync(["strace", ...COUNTING, "-f", "-o", output, "--", ...argv], {
    cwd: options.directory,
    env: { ...process.env, ...options.environment },
    stdin: "ignore",
    stdout: "ignore",
  });
  if (child.exitCode !== 0) {
    throw new Error(`'${argv.join(" ")}' exited ${child.exitCode}: ${child.stderr.toString()}`);
  }
  return parseCounts(readFileSync(output, "utf8"));
}

/** Of a process that runs already, with all its threads, while `work` is done. */
export function callsDuring(pid: number, work: () => Promise<void>): Promise<CallCounts> {
  return traceDuring(["-f", "-p", String(pid)], work);
}

/** Of one thread, and of no other of its process. */
export function callsOfThreadDuring(
  thread: number,
  work: () => Promise<void>,
): Promise<CallCounts> {
  return traceDuring(["-p", String(thread)], work);
}

async function traceDuring(
  whom: readonly string[],
  work: () => Promise<void>,
): Promise<CallCounts> {
  using scratch = tempDir("strace");
  const output = scratch.join("counts");
  const tracer = Bun.spawn(["strace", ...COUNTING, "-o", output, ...whom], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const said = tracer.stderr.getReader();
  try {
    // It says so when it has attached; each thread has a line, which all come at once.
    await said.read();
    await work();
  } finally {
    // Whoever is traced would otherwise stay slow.
    tracer.kill("SIGINT");
    await tracer.exited;
    said.releaseLock();
  }
  return parseCounts(readFileSync(output, "utf8"));
}

export function sumOf(counts: CallCounts, names: readonly string[] = [...counts.keys()]): number {
  return names.reduce((sum, name) => sum + (counts.get(name) ?? 0), 0);
}

const COUNTING = ["-c", "-U", "calls,name"] as const;

/** `-c`: a line of dashes, a line for each call, dashes, and the total. */
function parseCounts(text: string): CallCounts {
  return new Map(
    [...text.matchAll(/^\s*(\d+) (\w+)$/gm)]
      .map(([, count, name = ""]): [string, number] => [name, Number(count)])
      .filter(([name]) => name !== "total"),
  );
}
