/**
 * Question: how long does the first status after a change take, by the number of files that changed?
 *
 * Method: git 2.55; a tree of 100,000 files, a copy for each peer (peers.ts). Before each run the changes of the one
 * before are taken back and a status has everything settle; then other files are written to, and the status
 * that comes at once is timed, and what it prints compared with what was written. In turns, in another order each
 * time. Programs that look at nothing are left out: they are wrong.
 *
 * What would change my mind: gity by socket above 1.05 times git's daemon, with any number of changes. The ratios to the
 * others, no monitor among them, are shown beside it.
 */

import type { Budget } from "./budget.ts";
import {
  type BenchReport,
  compare,
  figureOf,
  type Measurement,
  pairedRatio,
  type PairedRatio,
} from "./harness.ts";
import {
  BLIND_PEERS,
  chosenFiles,
  Edits,
  mistakeIn,
  type Peer,
  PEER_NAMES,
  type Peers,
  sharedPeers,
} from "./peers.ts";

const CHANGES = [0, 1, 100, 10_000] as const;
const RUNS = 15;
/** They write 10,000 files twice each. */
const RUNS_OF_MANY = 7;
const MANY = 1000;

const OURS = "gity, socket";
const SOCKET_RATIO_MAX = 1.05;

export async function measureStatusByChanges(budget: Budget): Promise<BenchReport> {
  const peers = await sharedPeers(
    budget,
    PEER_NAMES.filter((name) => !BLIND_PEERS.has(name)),
  );
  const measurements: Measurement[] = [];
  const ratios: PairedRatio[] = [];
  for (const count of CHANGES.map((changes) => budget.size(changes))) {
    const measured = compareAfterChanges(
      peers,
      count,
      budget.runs(count >= MANY ? RUNS_OF_MANY : RUNS),
    );
    measurements.push(...measured);
    ratios.push(...ratiosOf(measured, count));
  }
  return {
    question: "How long does the first status after a change take, by the number of changed files?",
    measurements,
    ratios,
    figures: ratios
      .filter(({ name }) => name.startsWith(`${OURS} / git's daemon`))
      .map((one) => figureOf(one, { atMost: SOCKET_RATIO_MAX })),
    axis: "files that changed",
  };
}

/** The first status after so many files were written to, by everybody in turn. */
export function compareAfterChanges(peers: Peers, count: number, runs: number): Measurement[] {
  const said = new Map<Peer, string>();
  const edits = new Map(peers.all.map((peer) => [peer, new Edits(peer.tree)]));
  const takeBack = (peer: Peer): void => {
    edits.get(peer)?.takeBack();
    peers.run(peer, peer.status);
  };
  const measured = compare(
    peers.all.map((peer) => ({
      name: `${peer.name}, ${count} changed`,
      prepare: (round) => {
        takeBack(peer);
        edits.get(peer)?.make(chosenFiles(peer.tree, count, round));
      },
      run: () => {
        said.set(peer, peers.run(peer, peer.status));
      },
      check: () => mistakeIn(said.get(peer) ?? "", edits.get(peer)?.expected() ?? ""),
    })),
    runs,
  );
  peers.all.forEach(takeBack);
  return measured.map((one, i) => ({ ...one, series: peers.all[i]?.name ?? "", at: count }));
}

function ratiosOf(measured: readonly Measurement[], count: number): PairedRatio[] {
  const ours = measured.find(({ series }) => series === OURS);
  return measured.flatMap((other) =>
    ours === undefined || other === ours
      ? []
      : [{ ...pairedRatio(ours, other), name: `${OURS} / ${other.series}, ${count} changed` }],
  );
}
