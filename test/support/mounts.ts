/**
 * File systems for tests: mounted where a test says, and gone at the end of the scope whatever has
 * happened. Mounting takes a privilege that many machines do not give; a test that needs it is
 * skipped there, and says why.
 */

import { test } from "bun:test";
import { mkdirSync } from "node:fs";

import { tempDir } from "./temp-dir.ts";

export interface TempMount extends Disposable {
  /** umount(8), with options. It must succeed. */
  unmount(...options: string[]): void;
}

/** mount(8) with these arguments; the last is the place, which is made if it is missing. */
export function mount(...args: string[]): TempMount {
  const place = args.at(-1) ?? "";
  mkdirSync(place, { recursive: true });
  run("mount", ...args);
  return mountedAt(place);
}

/** What any other program has mounted. */
export function mountedAt(place: string): TempMount {
  return {
    unmount: (...options) => {
      run("umount", ...options, place);
    },
    [Symbol.dispose]: () => {
      // Not mounted any more in most tests.
      Bun.spawnSync(["umount", "--lazy", place], { stderr: "ignore" });
    },
  };
}

/** An empty file with a file system of this kind in it, for `mount --options loop`. */
export function fileSystemImage(path: string, kind: "ext4" | "btrfs"): void {
  run("truncate", `--size=${kind === "btrfs" ? 128 : 16}M`, path);
  run(`mkfs.${kind}`, "-q", path);
}

export function run(...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { env: process.env, stderr: "pipe" });
  if (exitCode !== 0) {
    throw new Error(`${command.join(" ")} exited ${exitCode}: ${stderr.toString().trim()}`);
  }
}

/** A test that mounts; `programs` are what it needs besides mount(8). */
export function mountTest(
  name: string,
  programs: readonly string[],
  body: () => Promise<void>,
): void {
  const missing = programs.find((program) => Bun.which(program) === null);
  const obstacle = missing === undefined ? WHY_NOT_MOUNT : `needs ${missing}`;
  if (obstacle === undefined) {
    test(name, body, 60_000);
  } else {
    test.skip(`${name} (skipped: ${obstacle})`, body);
  }
}

const WHY_NOT_MOUNT = whyNotMount();

function whyNotMount(): string | undefined {
  using place = tempDir("mount");
  const { exitCode } = Bun.spawnSync(["mount", "-t", "tmpfs", "none", place.path], {
    stderr: "ignore",
  });
  using _mount = mountedAt(place.path);
  return exitCode === 0 ? undefined : "mounting is not permitted here";
}
