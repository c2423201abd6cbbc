/**
 * A worktree as git and its user see it: what changed in it, when it was asked about, and whether
 * the answers held all of that.
 *
 * Everything here is the test's own doing; nothing of it is counted or made to fail.
 */

import { LogReader } from "../../src/log/reader.ts";
import { STATE_ANSWERS, STATE_ANSWERS_OWN_INDEX } from "../../src/log/layout.ts";
import { fileIdentity } from "../../src/base/file-identity.ts";
import type { ScopeMessage } from "../../src/monitor/messages.ts";
import { decodeMessage, encodeMessage } from "../../src/protocol/pkt-line.ts";
import { formatToken, parseToken } from "../../src/protocol/token.ts";
import { connectUnix } from "../support/system-calls.ts";
import { realFiles as fs } from "../support/failing-files.ts";

/** "unknown" is "/", or no answer at all, which git and the helper take for the same. */
export type Heard = "changed" | "unknown";

/** A script pauses wherever the monitor has to go on. */
export type Pause = undefined;

export class Subject {
  readonly id: number;
  readonly root: string;
  readonly gitDir: string;
  /** Answers of "/" to a token that had been given out with a promise. */
  unknownAnswers = 0;
  readonly #changed: string[] = [];
  #token = "";
  #changedAtToken = 0;
  #cookies = 0;

  constructor(id: number, root: string) {
    this.id = id;
    this.root = root;
    this.gitDir = `${root}/.git`;
    fs.mkdirSync(`${root}/.git/info`, { recursive: true });
    fs.mkdirSync(`${root}/d/x`, { recursive: true });
    fs.mkdirSync(`${root}/ignored/deep`, { recursive: true });
    fs.writeFileSync(`${root}/.git/index`, "");
    // Left behind by a server that was killed.
    fs.writeFileSync(`${root}/.git/fsmonitor--daemon.ipc`, "");
  }

  /** What git would say need not be watched. */
  get scope(): ScopeMessage {
    return {
      excluded: ["ignored"],
      index: dependency(`${this.gitDir}/index`),
      rules: [dependency(`${this.gitDir}/info/exclude`)],
      isCaseIgnored: false,
    };
  }

  write(path: string): void {
    fs.appendFileSync(`${this.root}/${path}`, "x");
    this.#changed.push(path);
  }

  makeDirectory(path: string): void {
    fs.mkdirSync(`${this.root}/${path}`);
    this.#changed.push(path);
  }

  rename(from: string, to: string): void {
    fs.renameSync(`${this.root}/${from}`, `${this.root}/${to}`);
    this.#changed.push(from, to);
  }

  remove(path: string): void {
    fs.rmSync(`${this.root}/${path}`, { recursive: true });
    this.#changed.push(path);
  }

  /** Somebody tidies up. */
  removeLog(): void {
    fs.rmSync(`${this.gitDir}/gity/log`, { force: true });
  }

  /** What stands in the git directory and is not git's: nothing, once gity has left. */
  leftovers(): string[] {
    const ours = ["gity", "fsmonitor--daemon.ipc"];
    return fs.readdirSync(this.gitDir).filter((name) => ours.includes(name));
  }

  /** Asks on the socket, as git does. `tick` lets a millisecond pass. */
  *query(tick: () => void, ticksMax: number): Generator<Pause, Heard> {
    using client = connectUnix(`${this.gitDir}/fsmonitor--daemon.ipc`);
    if (client === undefined) {
      return "unknown";
    }
    client.send(encodeMessage(Buffer.from(this.#token)));
    let reply = Buffer.alloc(0);
    for (let ticks = 0; ; ticks += 1) {
      yield;
      const part = client.receive();
      if (part?.length === 0) {
        break;
      }
      if (part !== undefined) {
        reply = Buffer.concat([reply, part]);
      } else if (ticks > ticksMax) {
        throw new Error(`nobody answered for ${ticksMax} ms`);
      } else {
        tick();
      }
    }
    const message = decodeMessage(reply);
    return message.kind === "message" ? this.#hear(Buffer.from(message.data)) : "unknown";
  }

  /** Asks the log, as the helper does: undefined when the log does not tell. */
  *queryLog(): Generator<Pause, Heard | undefined> {
    const log = this.#openLog();
    const since = parseToken(this.#token);
    if (log === undefined || since === undefined || since.areListingsInDoubt) {
      return undefined;
    }
    this.#cookies += 1;
    const name = (0x1000 * this.id + this.#cookies).toString(16).padStart(16, "0");
    const cookie = `${this.gitDir}/gity/cookies/${name}`;
    if (!fs.existsSync(`${this.gitDir}/gity/cookies`)) {
      return undefined;
    }
    fs.writeFileSync(cookie, "", { flag: "wx" });
    const isAcknowledged = log.acknowledgement(name);
    yield;
    fs.rmSync(cookie, { force: true });
    const header = log.header();
    const isAnswering =
      header?.state === STATE_ANSWERS || header?.state === STATE_ANSWERS_OWN_INDEX;
    if (!isAcknowledged() || header === undefined || !isAnswering) {
      return undefined;
    }
    const isAnswerable =
      since.epoch === header.epoch && since.generation >= header.oldestGeneration;
    const paths = isAnswerable ? log.changesSince(header, since.generation) : undefined;
    if (paths === undefined) {
      return undefined;
    }
    const token = formatToken({ ...header, areListingsInDoubt: false });
    return this.#hear(Buffer.concat([Buffer.from(`${token}\0`), ...paths]));
  }

  #openLog(): LogReader | undefined {
    return fs.existsSync(`${this.gitDir}/gity/log`)
      ? new LogReader(`${this.gitDir}/gity/log`)
      : undefined;
  }

  /** Takes the answer in. @throws when it keeps quiet about a change */
  #hear(answer: Buffer): Heard {
    const [token = "", ...paths] = answer.toString("latin1").split("\0").slice(0, -1);
    const due = this.#changed.slice(this.#changedAtToken);
    const isUnknown = paths[0] === "/";
    const cones = paths.filter((path) => path.endsWith("/"));
    const missed = due.filter(
      (path) => !paths.includes(path) && !cones.some((cone) => `${path}/`.startsWith(cone)),
    );
    if (!isUnknown && missed.length > 0) {
      throw new Error(`the answer ${Bun.inspect(paths)} keeps quiet about ${Bun.inspect(missed)}`);
    }
    if (isUnknown && this.#token !== "") {
      this.unknownAnswers += 1;
    }
    this.#token = token;
    this.#changedAtToken = this.#changed.length;
    return isUnknown ? "unknown" : "changed";
  }
}

function dependency(path: string): { path: string; identity: string } {
  const stat = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
  return { path, identity: fileIdentity(stat) };
}
