/**
 * Question: how long does git wait for its monitor, of all the time that a status takes?
 *
 * Method: git 2.55; a clean tree of 100,000 files, a copy for each peer (peers.ts). git's own clocks, trace2: the
 * region `fsm_client/query` where it asks on a socket, and `fsmonitor/query`, which starts the hook and reads what
 * it writes, where it asks a hook. In turns, in another order each time. The C server and the hooks that do nothing say
 * "nothing changed" at once: what is above them is the monitor's own. Who answers "anything", or makes status name a file,
 * is wrong.
 *
 * What would change my mind: a query by socket above that of git's daemon, or above 1.5 times the C server's; a query by
 * helper above 1.2 times the Bun hook's, or above Watchman's.
 */

import { readFileSync, writeFileSync } from "node:fs";

import { tempDir } from "../test/support/temp-dir.ts";
import type { Budget } from "./budget.ts";
import { type BenchReport, figureOf, type Measurement, pairedRatio, summarize } from "./harness.ts";
import { mistakeIn, type Peer, type PeerName, type Peers, sharedPeers } from "./peers.ts";
import { turnsOf } from "./statistics.ts";

const RUNS = 41;
const WARM_UPS = 3;
const MS_PER_SECOND = 1000;

const ASKED = [
  "gity, socket",
  "git's daemon",
  "no-op C server",
  "gity, helper",
  "no-op C hook",
  "no-op Bun hook",
  "Watchman",
] as const satisfies readonly PeerName[];

const AIMS: readonly (readonly [PeerName, PeerName, number])[] = [
  ["gity, socket", "git's daemon", 1],
  ["gity, socket", "no-op C server", 1.5],
  ["gity, helper", "no-op Bun hook", 1.2],
  ["gity, helper", "no-op C hook", Number.POSITIVE_INFINITY],
  ["gity, helper", "Watchman", 1],
];

export async function measureQuery(budget: Budget): Promise<BenchReport> {
  using scratch = tempDir("bench-query");
  const peers = await sharedPeers(budget, ASKED);
  const trace = scratch.join("trace");
  const samples = new Map(peers.all.map((peer): [Peer, number[]] => [peer, []]));
  const mistakes = new Map<Peer, string>();
  for (let round = -WARM_UPS; round < budget.runs(RUNS); round += 1) {
    for (const peer of turnsOf(peers.all, round)) {
      const { queryMs, mistake } = timeQuery(peers, peer, trace);
      if (mistake !== undefined) {
        mistakes.set(peer, mistake);
      }
      if (round >= 0) {
        samples.get(peer)?.push(queryMs);
      }
    }
  }
  const measurements = [...samples].map(([peer, values]): Measurement => {
    const mistake = mistakes.get(peer);
    return { ...summarize(peer.name, values), ...(mistake === undefined ? {} : { mistake }) };
  });
  const aims = AIMS.flatMap(([one, other, atMost]) => {
    const numerator = measurements.find(({ name }) => name === one);
    const denominator = measurements.find(({ name }) => name === other);
    return numerator === undefined || denominator === undefined
      ? []
      : [{ atMost, ratio: pairedRatio(numerator, denominator) }];
  });
  return {
    question: "How long does git wait for its monitor, in a status of 100,000 clean files?",
    measurements,
    ratios: aims.map(({ ratio }) => ratio),
    figures: aims
      .filter(({ atMost }) => Number.isFinite(atMost))
      .map(({ ratio, atMost }) => figureOf(ratio, { atMost })),
  };
}

interface Asked {
  readonly queryMs: number;
  readonly mistake: string | undefined;
}

/** By the first region of git's that is a question to a monitor. */
function timeQuery(peers: Peers, peer: Peer, trace: string): Asked {
  writeFileSync(trace, "");
  const said = peers.run(peer, peer.status, { GIT_TRACE2_EVENT: trace });
  const events = readFileSync(trace, "utf8");
  const event = events
    .split("\n")
    .find(
      (line) =>
        line.includes('"region_leave"') &&
        (line.includes('"category":"fsm_client"') ||
          /"category":"fsm_?hook"/.test(line) ||
          line.includes('"category":"fsmonitor"')),
    );
  const seconds = Number(/"t_rel":([\d.]+)/.exec(event ?? "")?.[1]);
  const mistake = /"key":"query\/trivial-response"/.test(events)
    ? 'it answers "anything"'
    : mistakeIn(said, "");
  return { queryMs: seconds * MS_PER_SECOND, mistake };
}
