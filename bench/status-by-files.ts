/**
 * Question: how long does a whole `git status` of a clean tree take by the number of its files, with each way of
 * knowing what changed?
 *
 * Method: git 2.55; for each size one tree, and a copy of it for each peer (peers.ts). In turns, in another order each
 * time; what each prints is compared with what is so. "No-op" programs answer "nothing changed" at once,
 * as a C program, as a compiled Bun program, and as a server: no monitor asked in that way can be faster. At each size
 * one file is edited in the end, and each is asked again: who does not name it is wrong, in the tables, the plots and the
 * ratios. A million files only by name, and with fewer peers: `status-of-million`.
 *
 * What would change my mind: gity by socket above 1.05 times git's daemon; gity's helper above 1.1 times the Bun hook,
 * which would mean that looking into the log costs too much; less than three times faster than no monitor.
 */

import type { Budget } from "./budget.ts";
import {
  type Aim,
  type BenchReport,
  compare,
  type Figure,
  figureOf,
  type Measurement,
  pairedRatio,
  type PairedRatio,
} from "./harness.ts";
import { LARGE_TREE } from "./large-worktree.ts";
import {
  chosenFiles,
  Edits,
  makePeers,
  mistakeIn,
  type Peer,
  PEER_NAMES,
  type PeerName,
  type Peers,
  sharedPeers,
} from "./peers.ts";

const SIZES = [1000, 10_000, 100_000] as const;
const MILLION = 1_000_000;
const FILES_PER_FOLDER = 20;
const RUNS = 31;
const RUNS_OF_MILLION = 15;
/** Each of them takes some minutes and 5 GB: those that git 2.55 asks on a socket, the floor of these, and who asks nobody. */
const PEERS_OF_MILLION: readonly PeerName[] = [
  "no monitor",
  "git's daemon",
  "no-op C server",
  "gity, socket",
  "gity status",
];

/** What gity is held against, by the number of files. */
const RATIOS: readonly (readonly [string, string])[] = [
  ["gity, socket", "git's daemon"],
  ["gity, socket", "no-op C server"],
  ["gity, helper", "no-op Bun hook"],
  ["gity, helper", "no-op C hook"],
  ["gity, helper", "Watchman"],
  ["gity status", "git's daemon"],
  ["no monitor", "gity, socket"],
  ["no monitor", "gity status"],
  ["untracked cache only", "gity, socket"],
];

const SOCKET_RATIO_MAX = 1.05;
const HELPER_RATIO_MAX = 1.1;
const GAIN_MIN = 3;

export function measureStatusByFiles(budget: Budget): Promise<BenchReport> {
  return measure(SIZES, budget, { runs: RUNS, wanted: PEER_NAMES });
}

export function measureStatusOfMillion(budget: Budget): Promise<BenchReport> {
  return measure([MILLION], budget, { runs: RUNS_OF_MILLION, wanted: PEERS_OF_MILLION });
}

async function measure(
  sizes: readonly number[],
  budget: Budget,
  { runs, wanted }: { readonly runs: number; readonly wanted: readonly PeerName[] },
): Promise<BenchReport> {
  const measurements: Measurement[] = [];
  const ratios: PairedRatio[] = [];
  for (const size of sizes) {
    const files = budget.size(size);
    const directories = Math.ceil(files / FILES_PER_FOLDER);
    await using own =
      // oxlint-disable-next-line no-await-in-loop -- One size after the other.
      size === LARGE_TREE.files ? undefined : await makePeers(wanted, { files, directories });
    // oxlint-disable-next-line no-await-in-loop
    const peers = own ?? (await sharedPeers(budget, wanted));
    const measured = compareStatus(peers, files, budget.runs(runs));
    measurements.push(...measured);
    ratios.push(...ratiosOf(measured, files));
  }
  const largest = measurements.filter(({ at }) => at === measurements.at(-1)?.at);
  const aimed = (one: string, other: string, aim: Aim): Figure[] =>
    ratiosOf(largest, largest[0]?.at ?? 0)
      .filter(({ name }) => name.startsWith(`${one} / ${other},`))
      .map((each) => figureOf(each, aim));
  return {
    question: "How long does a status of a clean tree take, by the number of files?",
    measurements,
    ratios,
    figures: [
      ...aimed("gity, socket", "git's daemon", { atMost: SOCKET_RATIO_MAX }),
      ...aimed("gity, helper", "no-op Bun hook", { atMost: HELPER_RATIO_MAX }),
      ...aimed("no monitor", "gity, socket", { atLeast: GAIN_MIN }),
    ],
    axis: "files in the tree",
  };
}

function compareStatus(peers: Peers, files: number, runs: number): Measurement[] {
  const said = new Map<Peer, string>();
  const measured = compare(
    peers.all.map((peer) => ({
      name: `${peer.name}, ${files} files`,
      run: () => {
        said.set(peer, peers.run(peer, peer.status));
      },
      check: () => mistakeIn(said.get(peer) ?? "", ""),
    })),
    runs,
  );
  return measured.map((one, i) => {
    const peer = peers.all[i];
    const mistake = peer === undefined ? undefined : mistakeAfterAnEdit(peers, peer);
    return {
      ...one,
      series: peer?.name ?? "",
      at: files,
      // What it got wrong while nothing was edited is worse, and stays.
      ...(mistake === undefined ? {} : { mistake: one.mistake ?? mistake }),
    };
  });
}

/** Against each other, where both could be had. */
function ratiosOf(measured: readonly Measurement[], files: number): PairedRatio[] {
  const of = (name: string): Measurement | undefined =>
    measured.find(({ series }) => series === name);
  return RATIOS.flatMap(([one, other]) => {
    const numerator = of(one);
    const denominator = of(other);
    return numerator === undefined || denominator === undefined
      ? []
      : [{ ...pairedRatio(numerator, denominator), name: `${one} / ${other}, ${files} files` }];
  });
}

/** Whoever does not look is found out. */
function mistakeAfterAnEdit(peers: Peers, peer: Peer): string | undefined {
  const edits = new Edits(peer.tree);
  edits.make(chosenFiles(peer.tree, 1, 1));
  const mistake = mistakeIn(peers.run(peer, peer.status), edits.expected());
  edits.takeBack();
  peers.run(peer, peer.status);
  return mistake === undefined ? undefined : `after one edit: ${mistake}`;
}
