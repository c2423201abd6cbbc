/**
 * Question: what does a `git status` of a clean tree ask of the kernel, with each way of knowing what changed?
 *
 * Method: git 2.55; a tree of 100,000 files in 5,000 folders, a copy for each peer (peers.ts). One status under strace(1),
 * with every process it starts, after one that leaves nothing to be done: three times, of which the one with the fewest
 * calls counts. They do not depend on how fast the machine is. What the monitor itself
 * does for one question is counted beside it, over a hundred questions, for gity's daemon, git's and Watchman's.
 *
 * What would change my mind: more looks at files with gity by socket than with git's daemon. The rest is shown, and
 * nothing is aimed at.
 */

import { callsDuring, callsOf, type CallCounts, sumOf } from "../test/support/strace.ts";
import type { Budget } from "./budget.ts";
import type { BenchReport, CountTable } from "./harness.ts";
import { gitsDaemonsOf, type Peer, PEER_NAMES, type Peers, sharedPeers } from "./peers.ts";

const QUESTIONS = 100;
const COUNTS = 3;

/** What they are called differs between machines and versions of the C library. */
const KINDS = {
  "look at a file": ["lstat", "newfstatat", "statx", "stat"],
  "list a folder": ["getdents64", "getdents"],
  open: ["openat", "open"],
  close: ["close"],
  read: ["read", "pread64", "readv"],
  write: ["write", "pwrite64", "writev", "sendto", "sendmsg"],
  "start a program": ["execve"],
} as const;

export async function measureSystemCalls(budget: Budget): Promise<BenchReport> {
  const peers = await sharedPeers(budget, PEER_NAMES);
  const statuses = peers.all.map((peer): [Peer, CallCounts] => [peer, countAtRest(peers, peer)]);
  const questions = budget.size(QUESTIONS);
  const monitors = await countMonitorCalls(peers, questions);
  const looks = (name: string): number =>
    sumOf(statuses.find(([peer]) => peer.name === name)?.[1] ?? new Map(), KINDS["look at a file"]);
  return {
    question: "What does a status of a clean tree ask of the kernel?",
    measurements: [],
    figures: [
      {
        name: "looks at files: gity by socket, beyond git's daemon",
        value: looks("gity, socket") - looks("git's daemon"),
        unit: "",
        atMost: 0,
      },
    ],
    tables: [
      tableOf(
        "system calls of one status",
        statuses.map(([peer, counts]) => [peer.name, counts]),
        1,
      ),
      tableOf(`of the monitor, for each of ${questions} statuses`, monitors, questions),
    ],
  };
}

/** The fewest calls of some statuses, each after another one. */
function countAtRest(peers: Peers, peer: Peer): CallCounts {
  const counts = Array.from({ length: COUNTS }, () => {
    peers.run(peer, peer.status);
    return callsOf(peer.status, { directory: peer.tree.path, environment: peer.environment });
  });
  const [fewest] = counts.toSorted((one, other) => sumOf(one) - sumOf(other));
  return fewest ?? new Map();
}

function tableOf(
  title: string,
  counted: readonly (readonly [string, CallCounts])[],
  divisor: number,
): CountTable {
  return {
    title,
    columns: [...Object.keys(KINDS), "all"],
    rows: counted.map(([name, counts]) => [
      name,
      ...Object.values(KINDS).map((calls) => sumOf(counts, calls) / divisor),
      sumOf(counts) / divisor,
    ]),
  };
}

/** Of the process that answers, with all its threads. */
async function countMonitorCalls(
  peers: Peers,
  questions: number,
): Promise<readonly (readonly [string, CallCounts])[]> {
  const counted: [string, CallCounts][] = [];
  for (const peer of peers.all) {
    // oxlint-disable-next-line no-await-in-loop
    const pid = await monitorOf(peers, peer);
    if (pid !== undefined) {
      // oxlint-disable-next-line no-await-in-loop -- What others do meanwhile must not be counted.
      const counts = await callsDuring(pid, () => {
        for (let i = 0; i < questions; i += 1) {
          peers.run(peer, peer.status);
        }
        return Promise.resolve();
      });
      counted.push([peer.name, counts]);
    }
  }
  return counted;
}

async function monitorOf(peers: Peers, peer: Peer): Promise<number | undefined> {
  switch (peer.name) {
    case "gity, helper":
    case "gity, socket":
    case "gity status":
      return peers.home.daemonPid();
    case "git's daemon":
      return gitsDaemonsOf(peers.home)[0];
    case "Watchman": {
      const said = peers.run(peer, ["watchman", "get-pid"]);
      return Number(/"pid": (\d+)/.exec(said)?.[1]);
    }
    default:
      return undefined;
  }
}
