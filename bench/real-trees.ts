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
import {
  type BenchReport,
  compare,
  type Measurement,
  pairedRatio,
  type PairedRatio,
} from "./harness.ts";
import {
  BLIND_PEERS,
  chosenFiles,
  Edits,
  makePeers,
  mistakeIn,
  type Peer,
  PEER_NAMES,
  type Peers,
} from "./peers.ts";

const FOLDER = join(PROJECT_ROOT, ".cache/real-trees");
const RUNS = 15;
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

const TREES: readonly { readonly name: string; readonly fetch: (folder: string) => void }[] = [
  { name: "Linux kernel", fetch: fetchKernel },
  { name: "node_modules", fetch: fetchNodeModules },
];

export async function measureRealTrees(budget: Budget): Promise<BenchReport> {
  const measurements: Measurement[] = [];
  const ratios: PairedRatio[] = [];
  const counts: [string, number][] = [];
  for (const { name, fetch } of TREES) {
    const path = provideTree(name, fetch);
    // oxlint-disable-next-line no-await-in-loop -- One tree after the other.
    await using peers = await makePeers(
      PEER_NAMES.filter((peer) => !BLIND_PEERS.has(peer)),
      { path },
    );
    counts.push([name, peers.all[0]?.tree.generatedPaths.length ?? 0]);
    for (const changes of [0, 1]) {
      const measured = compareIn(peers, `${name}, ${changes} changed`, changes, budget);
      measurements.push(...measured);
      const ours = measured.find((one) => one.name.startsWith(OURS));
      ratios.push(
        ...measured
          .filter((other) => other !== ours)
          .flatMap((other) => (ours === undefined ? [] : [pairedRatio(ours, other)])),
      );
    }
  }
  return {
    question: "Is it the same on trees that nobody made for a benchmark?",
    measurements,
    ratios,
    figures: counts.map(([name, files]) => ({ name: `${name}: files`, value: files, unit: "" })),
  };
}

function compareIn(peers: Peers, where: string, changes: number, budget: Budget): Measurement[] {
  const said = new Map<Peer, string>();
  const edits = new Map(peers.all.map((peer) => [peer, new Edits(peer.tree)]));
  const measured = compare(
    peers.all.map((peer) => ({
      name: `${peer.name}, ${where}`,
      prepare: (round) => {
        edits.get(peer)?.takeBack();
        peers.run(peer, peer.status);
        edits.get(peer)?.make(chosenFiles(peer.tree, changes, round));
      },
      run: () => {
        said.set(peer, peers.run(peer, peer.status));
      },
      check: () => mistakeIn(said.get(peer) ?? "", edits.get(peer)?.expected() ?? ""),
    })),
    budget.runs(RUNS),
  );
  for (const each of edits.values()) {
    each.takeBack();
  }
  return measured;
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
      runGit(making, "add", "--all", "--force");
      runGit(making, "commit", "--quiet", "--message=as it came");
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
