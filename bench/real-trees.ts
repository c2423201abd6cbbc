/**
 * Question: is it the same on trees that nobody made for a benchmark?
 *
 * Method: the Linux kernel as Debian's source package has it, and a node_modules from the npm registry, each
 * committed as one; fetched once, into `.cache/real-trees`. For each, a copy for each peer (peers.ts): a clean status, and the first one
 * after one file was changed, in turns, each output compared with what is so. Only by name: 0.3 GB are fetched.
 *
 * What would change my mind: an order of the peers that is another than on the generated trees.
 */

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { PROJECT_ROOT } from "../test/support/built.ts";
import { runGit } from "../test/support/run-git.ts";
import type { Budget } from "./budget.ts";
import { type BenchReport, type Measurement, pairedRatio, type PairedRatio } from "./harness.ts";
import { BLIND_PEERS, makePeers, PEER_NAMES } from "./peers.ts";
import { compareAfterChanges } from "./status-by-changes.ts";

const FOLDER = join(PROJECT_ROOT, ".cache/real-trees");
const RUNS = 15;
/** Each copy takes a quarter of a minute. */
const QUICK_PEERS = ["no monitor", "gity, socket"] as const;

const CHANGES = [0, 1, 100] as const;
const OURS = "gity, socket";

const KERNEL_PACKAGE = "linux-source-6.1";

/** What a web project of some size has, with exact versions. */
const NPM_PACKAGES = [
  "next@15.1.0",
  "@angular/cli@19.0.0",
  "webpack@5.97.0",
  "eslint@9.16.0",
  "jest@29.7.0",
  "@babel/preset-env@7.26.0",
  "@mui/icons-material@6.1.10",
  "date-fns@4.1.0",
  "lodash@4.17.21",
];

export function measureLinuxKernel(budget: Budget): Promise<BenchReport> {
  return measure("Linux kernel", fetchKernel, budget);
}

export function measureNodeModules(budget: Budget): Promise<BenchReport> {
  return measure("node_modules", fetchNodeModules, budget);
}

async function measure(
  name: string,
  fetch: (folder: string) => void,
  budget: Budget,
): Promise<BenchReport> {
  const path = provideTree(name, fetch);
  const wanted = PEER_NAMES.filter((peer) => !BLIND_PEERS.has(peer));
  await using peers = await makePeers(budget.isQuick ? QUICK_PEERS : wanted, { path });
  const measurements = CHANGES.flatMap((changes) =>
    compareAfterChanges(peers, changes, budget.runs(RUNS)),
  );
  return {
    question: `Is it the same on a tree that nobody made for a benchmark? (${name})`,
    measurements,
    ratios: CHANGES.flatMap((changes) => ratiosOf(measurements.filter(({ at }) => at === changes))),
    figures: [{ name: "files", value: countFiles(path), unit: "" }],
    axis: "files that changed",
  };
}

function ratiosOf(measured: readonly Measurement[]): PairedRatio[] {
  const ours = measured.find(({ series }) => series === OURS);
  return measured.flatMap((other) =>
    ours === undefined || other === ours ? [] : [pairedRatio(ours, other)],
  );
}

function countFiles(path: string): number {
  return runGit(path, "ls-files", "-z").toString("latin1").split("\0").length - 1;
}

/** Made under another name: what is there under the right one is complete. */
function provideTree(name: string, fetch: (folder: string) => void): string {
  const path = join(FOLDER, name.replaceAll(" ", "-").toLowerCase());
  if (!existsSync(path)) {
    const making = `${path}-${process.pid}`;
    mkdirSync(making, { recursive: true });
    try {
      fetch(making);
      // A tree's own rules would leave out what belongs to it.
      rmSync(join(making, ".gitignore"), { force: true });
      runGit(making, "init", "--quiet", "--initial-branch=main");
      // Otherwise git tidies up by itself, while the tree is copied.
      runGit(making, "config", "gc.auto", "0");
      runGit(making, "config", "maintenance.auto", "false");
      runGit(making, "add", "--all", "--force");
      runGit(making, "commit", "--quiet", "--message=as it came");
      runGit(making, "repack", "-a", "-d", "--quiet");
      renameSync(making, path);
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  }
  return path;
}

function fetchKernel(folder: string): void {
  mustRun(folder, ["apt-get", "-qq", "download", KERNEL_PACKAGE]);
  mustRun(folder, ["sh", "-c", "dpkg-deb --fsys-tarfile *.deb | tar -x && rm *.deb"]);
  mustRun(folder, [
    "sh",
    "-c",
    "tar -xf usr/src/*.tar.xz --strip-components=1 && rm -r usr/src usr/share",
  ]);
}

function fetchNodeModules(folder: string): void {
  writeFileSync(join(folder, "package.json"), "{}\n");
  const options = ["--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--legacy-peer-deps"];
  mustRun(folder, ["npm", "install", ...options, ...NPM_PACKAGES]);
}

function mustRun(cwd: string, argv: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync([...argv], { cwd, stdin: "ignore", stdout: "ignore" });
  if (exitCode !== 0) {
    throw new Error(`'${argv.join(" ")}' failed: ${stderr.toString().trim()}`);
  }
}
