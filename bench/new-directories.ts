/**
 * Question: how long does the first status take after many directories came at once, as by `cp -a` or from an archive?
 *
 * Method: git 2.55; a tree of 100,000 files, a copy for each peer (peers.ts). `cp -a` puts 10,000 directories with a file
 * in each into it, and the status that comes at once is timed: a monitor has to watch all of them before it can say that
 * it knows everything. What it prints is compared with what is so; then the file in the last of these directories is added,
 * changed, and status has to know that as well, which only who watches it can. Then all is taken back, a status is asked,
 * and a second goes by. In turns, in another order each time. Programs that look at nothing are left out.
 *
 * What would change my mind: gity by socket above 1.05 times git's daemon, or above no monitor at all.
 */

import { appendFileSync, rmSync } from "node:fs";

import { generateFiles } from "../test/support/generate-files.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import type { Budget } from "./budget.ts";
import {
  type BenchReport,
  compare,
  figureOf,
  type Measurement,
  pairedRatio,
  type PairedRatio,
} from "./harness.ts";
import { BLIND_PEERS, type Peer, PEER_NAMES, type Peers, sharedPeers } from "./peers.ts";

const DIRECTORIES = 10_000;
const RUNS = 11;
const FOLDER = "new-directories";

/** What daemons do after 10,000 directories went is done by then, or the next who is asked would wait for it. */
const REST_MS = 1_000;

const OURS = "gity, socket";
const AIMS: Readonly<Record<string, number>> = { "git's daemon": 1.05, "no monitor": 1 };

export async function measureNewDirectories(budget: Budget): Promise<BenchReport> {
  const peers = await sharedPeers(
    budget,
    PEER_NAMES.filter((name) => !BLIND_PEERS.has(name)),
  );
  using source = tempDir("bench-new-directories");
  const directories = budget.size(DIRECTORIES);
  const files = generateFiles(source.path, { files: directories, directories });
  const measurements = compareAfterCopying(peers, source.path, files, budget.runs(RUNS));
  const ours = measurements.find(({ name }) => name === OURS);
  const ratios = measurements.flatMap((other): PairedRatio[] =>
    ours === undefined || other === ours ? [] : [pairedRatio(ours, other)],
  );
  return {
    question: "How long does the first status take after 10,000 directories came at once?",
    measurements,
    ratios,
    figures: measurements.flatMap(({ name }) => {
      const atMost = AIMS[name];
      const found = ratios.find((one) => one.name === `${OURS} / ${name}`);
      return atMost === undefined || found === undefined ? [] : [figureOf(found, { atMost })];
    }),
  };
}

function compareAfterCopying(
  peers: Peers,
  source: string,
  files: readonly string[],
  runs: number,
): Measurement[] {
  const said = new Map<Peer, string>();
  const takeBack = (peer: Peer): void => {
    rmSync(peer.tree.join(FOLDER), { recursive: true, force: true });
    const rm = ["rm", "-r", "-q", "--cached", "--ignore-unmatch", "--", FOLDER];
    // Its own git: an older one takes the monitor's token out of the index.
    peers.run(peer, [peer.git, ...rm]);
    peers.run(peer, peer.status);
    Bun.sleepSync(REST_MS);
  };
  const measured = compare(
    peers.all.map((peer) => ({
      name: peer.name,
      prepare: () => {
        takeBack(peer);
        copyInto(peer, source);
      },
      run: () => {
        said.set(peer, peers.run(peer, peer.status));
      },
      check: () => mistakeAfterCopying(peers, peer, said.get(peer) ?? "", files.at(-1) ?? ""),
    })),
    runs,
  );
  peers.all.forEach(takeBack);
  return measured;
}

function copyInto({ tree }: Peer, source: string): void {
  const { exitCode, stderr } = Bun.spawnSync(["cp", "-a", source, tree.join(FOLDER)]);
  if (exitCode !== 0) {
    throw new Error(`cannot copy '${source}': ${stderr.toString()}`);
  }
}

/** After this a file of the folder is in the index. */
function mistakeAfterCopying(
  peers: Peers,
  peer: Peer,
  said: string,
  file: string,
): string | undefined {
  if (said !== `?? ${FOLDER}/\n`) {
    return `it says '${said.slice(0, 80)}' of what was copied`;
  }
  const path = `${FOLDER}/${file}`;
  peers.run(peer, [peer.git, "add", "--", path]);
  peers.run(peer, peer.status);
  appendFileSync(peer.tree.join(path), "// changed\n");
  return peers.run(peer, peer.status).startsWith(`AM ${path}\n`)
    ? undefined
    : "it does not know of a change in a directory that was copied";
}
