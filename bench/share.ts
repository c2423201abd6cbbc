/**
 * Question: how long does it take to have somebody else's node_modules, and how much room does it take?
 *
 * Method: btrfs in a file, mounted; a repository with a node_modules of 50,000 files, and a linked worktree. In turns,
 * each into nothing, the disk written out before: `gity share pull`, and cp(1) sharing content, doing so where it can
 * (its default), and never. Process start to process end. The room is what df(1) says before and after, written out.
 * The files are generated, like those of packages: many small ones, some large, four folders each. `share-installed` asks
 * the same of packages from the npm registry, and beside them of `npm ci`, which finds all of them in its cache.
 *
 * What would change my mind: more than 1.5 times the time of `cp -a --reflink=always`, which neither notices what
 * changes meanwhile nor puts anything in its place in one step; or more room than that takes, which is for names and
 * for what is too small to be shared.
 */

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { builtGity } from "../test/support/built.ts";
import { gityHome } from "../test/support/gity-home.ts";
import { mount, run } from "../test/support/mounts.ts";
import { runGit } from "../test/support/run-git.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import { openWorktree } from "../test/support/temp-worktree.ts";
import type { Budget } from "./budget.ts";
import { type BenchReport, command, type Figure, figureOfPairs, summarize } from "./harness.ts";
import { turnsOf } from "./statistics.ts";

const FILES = 50_000;
const FILES_IN_FOLDER = 12;
const FOLDERS = ["", "dist", "lib", "lib/util"];
const FILE_BYTES = [300, 900, 1500, 2500, 4000, 9000, 25_000, 700, 1200, 60_000];
const DISK = "5G";
/** As few as an interval takes. */
const RUNS = 6;
const NS_PER_MS = 1e6;

const GITY = "gity share pull";
const SHARING = "cp -a --reflink=always";
const INSTALL = "npm ci";
const FROM_CACHE = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];

/** Some 50,000 names when all that they need is there. */
const PACKAGES = { "react-scripts": "5.0.1", next: "15.1.0" };

export function measureShare(budget: Budget): Promise<BenchReport> {
  return measure(budget, (root) => {
    writeFileSync(join(root, "package-lock.json"), "{}");
    generatePackages(join(root, "node_modules"), budget.size(FILES));
  });
}

export function measureShareInstalled(budget: Budget): Promise<BenchReport> {
  const text = JSON.stringify({ private: true, dependencies: PACKAGES });
  return measure(budget, (root) => {
    writeFileSync(join(root, "package.json"), text);
    run("npm", "install", ...FROM_CACHE, "--prefix", root);
  });
}

async function measure(budget: Budget, fill: (root: string) => void): Promise<BenchReport> {
  await using home = await gityHome();
  using folder = tempDir("bench-share");
  const disk = folder.join("disk");
  run("truncate", `--size=${DISK}`, folder.join("image"));
  run("mkfs.btrfs", "-q", folder.join("image"));
  using mounts = new DisposableStack();
  mounts.use(mount("--options", "loop", folder.join("image"), disk));
  const { source, target, worktree } = prepare(disk, fill);
  const environment = { GITY_HOME: home.path };
  const copy = (...words: string[]) => command([...words, source, target], { directory: disk });
  const contenders = new Map([
    [GITY, command([builtGity(), "share", "pull"], { directory: worktree, environment })],
    [SHARING, copy("cp", "-a", "--reflink=always")],
    ["cp -a", copy("cp", "-a")],
    ["cp -a --reflink=never", copy("cp", "-a", "--reflink=never")],
  ]);
  if (existsSync(join(worktree, "package.json"))) {
    contenders.set(
      INSTALL,
      command(["npm", "ci", ...FROM_CACHE, "--prefix", worktree], { directory: worktree }),
    );
  }
  const files = readdirSync(source, { recursive: true }).length;
  const samples = new Map<string, number[]>();
  const room: Figure[] = [];
  // The first round fills caches.
  for (let round = -1; round < budget.runs(RUNS); round += 1) {
    for (const [name, contender] of turnsOf([...contenders], round)) {
      rmSync(target, { recursive: true, force: true });
      const before = usedBytes(disk);
      const startedAt = Bun.nanoseconds();
      contender();
      const elapsedMs = (Bun.nanoseconds() - startedAt) / NS_PER_MS;
      const megabytes = Math.round((usedBytes(disk) - before) / 1e6);
      if (round === -1) {
        room.push({ name: `room taken by ${name}`, value: megabytes, unit: "MB" });
      } else {
        samples.set(name, [...(samples.get(name) ?? []), elapsedMs]);
      }
    }
  }
  const measurements = [...samples].map(([name, values]) => summarize(name, values));
  return {
    question: `How long does a node_modules of ${files} names take on btrfs, and how much room?`,
    measurements,
    figures: [figureOfPairs(measurements, GITY, SHARING, { atMost: 1.5 }), ...room],
  };
}

function prepare(
  disk: string,
  fill: (root: string) => void,
): { source: string; target: string; worktree: string } {
  const root = join(disk, "main");
  mkdirSync(root);
  runGit(root, "init", "--quiet");
  const main = openWorktree(root);
  main.write(".gitignore", "node_modules/\n");
  fill(root);
  main.git("add", "--all");
  main.git("commit", "--quiet", "--message=start");
  main.git("config", "gity.share", "node_modules");
  const source = main.join("node_modules");
  const linked = main.addLinked("linked");
  return { source, target: linked.join("node_modules"), worktree: linked.path };
}

function generatePackages(folder: string, files: number): void {
  const text = Buffer.alloc(Math.max(...FILE_BYTES), "export const value = 1;\n");
  for (let i = 0; i < files; i += 1) {
    const index = Math.floor(i / FILES_IN_FOLDER);
    const name = `package${Math.floor(index / FOLDERS.length)}`;
    const place = join(folder, name, FOLDERS[index % FOLDERS.length] ?? "");
    if (i % FILES_IN_FOLDER === 0) {
      mkdirSync(place, { recursive: true });
    }
    const content = text.subarray(0, FILE_BYTES[i % FILE_BYTES.length]);
    writeFileSync(join(place, `file${i}.js`), [`// ${i}\n`, content.toString("latin1")].join(""));
  }
}

/** Of what is written out. */
function usedBytes(disk: string): number {
  run("sync", "--file-system", disk);
  const { stdout } = Bun.spawnSync(["df", "--block-size=1", "--output=used", disk]);
  return Number(stdout.toString().split("\n")[1]);
}
