/**
 * Question: how long does somebody wait for git in an hour of work?
 *
 * Method: git 2.55; a tree of 100,000 files, a copy for each peer (peers.ts), and the same script in each: edits with a
 * status after each, as editors and prompts ask, a diff, add and commit, a topic branch with a commit, checkouts between
 * them, rebase, merge, a stash that comes and goes. An hour is done in one go; only git's own time counts. Whole
 * hours are in turns, in another order each time. After each of its edits the status is compared with what was edited, and
 * at the end of each hour with what git says without a monitor.
 *
 * What would change my mind: an hour with gity by socket that is certain to take more than 1.05 times as long as with
 * git's daemon, or as without a monitor.
 */

import { writeFileSync } from "node:fs";

import { oracleStatus } from "../test/support/oracle.ts";
import type { Budget } from "./budget.ts";
import {
  type BenchReport,
  type CountTable,
  figureOf,
  type Measurement,
  pairedRatio,
  summarize,
} from "./harness.ts";
import { BLIND_PEERS, mistakeIn, type Peer, PEER_NAMES, type Peers, sharedPeers } from "./peers.ts";
import { quantile, turnsOf } from "./statistics.ts";

const HOURS = 7;
const WARM_UPS = 1;
const EDITS = 8;
const STATUSES_PER_EDIT = 3;
const NS_PER_MS = 1e6;
const OURS = "gity, socket";
const RATIO_MAX = 1.05;

/** What a peer's hours took, in all and by command. */
interface Spent {
  readonly hoursMs: number[];
  readonly commandsMs: Map<string, number[]>;
  readonly mistakes: string[];
}

export async function measureDay(budget: Budget): Promise<BenchReport> {
  const peers = await sharedPeers(
    budget,
    PEER_NAMES.filter((name) => !BLIND_PEERS.has(name)),
  );
  const spent = new Map(
    peers.all.map((peer): [Peer, Spent] => [
      peer,
      { hoursMs: [], commandsMs: new Map(), mistakes: [] },
    ]),
  );
  for (let hour = -WARM_UPS; hour < budget.runs(HOURS); hour += 1) {
    for (const peer of turnsOf(peers.all, hour)) {
      const worker = new Worker(peers, peer, hour + WARM_UPS);
      worker.workAnHour();
      keep(spent.get(peer), worker, hour >= 0);
    }
  }
  const measurements = [...spent].map(([{ name }, { hoursMs, mistakes }]): Measurement => ({
    ...summarize(name, hoursMs),
    ...(mistakes[0] === undefined ? {} : { mistake: `${mistakes.length} times: ${mistakes[0]}` }),
  }));
  const ours = measurements.find(({ name }) => name === OURS);
  const ratios = measurements
    .filter((other) => other !== ours)
    .flatMap((other) => (ours === undefined ? [] : [pairedRatio(ours, other)]));
  return {
    question: "How long does somebody wait for git in an hour of work, 100,000 files?",
    measurements,
    ratios,
    figures: ratios
      .filter(({ name }) => /(?:git's daemon|no monitor)$/.test(name))
      .map((one) => figureOf(one, { atMost: RATIO_MAX })),
    tables: [tableOf(spent)],
  };
}

function keep(spent: Spent | undefined, worker: Worker, isMeasured: boolean): void {
  spent?.mistakes.push(...worker.mistakes);
  if (spent === undefined || !isMeasured) {
    return;
  }
  let hourMs = 0;
  for (const [command, ms] of worker.commandsMs) {
    hourMs += ms;
    const all = spent.commandsMs.get(command) ?? [];
    all.push(ms);
    spent.commandsMs.set(command, all);
  }
  spent.hoursMs.push(hourMs);
}

/** Somebody at work in one tree, for an hour. */
class Worker {
  readonly commandsMs = new Map<string, number>();
  readonly mistakes: string[] = [];
  readonly #peers: Peers;
  readonly #peer: Peer;
  readonly #hour: number;
  #edits = 0;

  constructor(peers: Peers, peer: Peer, hour: number) {
    this.#peers = peers;
    this.#peer = peer;
    this.#hour = hour;
  }

  workAnHour(): void {
    const topic = `topic-${this.#hour}`;
    const edited = new Set<string>();
    for (let i = 0; i < EDITS; i += 1) {
      edited.add(this.#edit());
      this.#poll(edited);
    }
    this.#git("diff", "--stat");
    this.#git("add", "--all");
    this.#git("commit", "--quiet", "--message=one");
    this.#git("checkout", "--quiet", "-b", topic, "HEAD~1");
    const onTopic = new Set([this.#edit()]);
    this.#poll(onTopic);
    this.#git("commit", "--quiet", "--all", "--message=topic");
    this.#git("checkout", "--quiet", "main");
    this.#poll(new Set());
    this.#git("checkout", "--quiet", topic);
    this.#git("rebase", "--quiet", "main");
    this.#git("checkout", "--quiet", "main");
    this.#git("merge", "--quiet", "--ff-only", topic);
    this.#git("branch", "--quiet", "--delete", topic);
    const stashed = new Set([this.#edit()]);
    this.#poll(stashed);
    this.#git("stash", "push", "--quiet");
    this.#poll(new Set());
    this.#git("stash", "pop", "--quiet");
    this.#poll(stashed);
    this.#git("commit", "--quiet", "--all", "--message=two");
    this.#compareWithOracle();
  }

  /** A file that is tracked, another one each time. */
  #edit(): string {
    const { generatedPaths: all } = this.#peer.tree;
    this.#edits += 1;
    const path = all[(this.#hour * 1009 + this.#edits * 97) % all.length] ?? "";
    writeFileSync(this.#peer.tree.join(path), `hour ${this.#hour}, edit ${this.#edits}\n`);
    return path;
  }

  /** As prompts and editors do, who ask more often than anything changes. */
  #poll(edited: ReadonlySet<string>): void {
    const expected = [...edited]
      .toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
      .map((path) => ` M ${path}\n`)
      .join("");
    for (let i = 0; i < STATUSES_PER_EDIT; i += 1) {
      this.#note(mistakeIn(this.#time("status", this.#peer.status), expected));
    }
  }

  #git(...args: string[]): void {
    this.#time(args[0] ?? "", [this.#peer.git, ...args]);
  }

  #time(command: string, argv: readonly string[]): string {
    const startedAt = Bun.nanoseconds();
    const said = this.#peers.run(this.#peer, argv);
    const elapsedMs = (Bun.nanoseconds() - startedAt) / NS_PER_MS;
    this.commandsMs.set(command, (this.commandsMs.get(command) ?? 0) + elapsedMs);
    return said;
  }

  /** By the last status: everything is committed. */
  #compareWithOracle(): void {
    const said = this.#peers.run(this.#peer, this.#peer.status);
    const { stdout } = oracleStatus(this.#peer.tree.path, ["status", "--porcelain"]);
    this.#note(mistakeIn(said, stdout.toString()));
  }

  #note(mistake: string | undefined): void {
    if (mistake !== undefined) {
      this.mistakes.push(mistake);
    }
  }
}

function tableOf(spent: ReadonlyMap<Peer, Spent>): CountTable {
  const all = [...spent];
  const commands = [...(all[0]?.[1].commandsMs.keys() ?? [])];
  return {
    title: "ms in an hour, median",
    columns: commands,
    rows: all.map(([{ name }, { commandsMs }]) => [
      name,
      ...commands.map((command) => quantile(commandsMs.get(command) ?? [], 0.5)),
    ]),
  };
}
