/**
 * Keeps the lines of the log in the store, by repository, and tells each to whoever listens.
 *
 * Owns: the lines that wait to be stored, together and a moment later. A store that cannot be written
 * costs the lines in it, and nothing else: the file has them.
 */

import { GityError } from "../base/errors.ts";
import {
  LOG_LINES_BETWEEN_PRUNINGS,
  LOG_LINES_WAITING_MAX,
  LOG_STORE_DELAY_MS,
} from "../base/limits.ts";
import type { LogLine, LogQuestion } from "../protocol/log-line.ts";
import type { LogPlace } from "../store/log-lines.ts";
import type { Store } from "../store/store.ts";
import type { LogFile, NewLogLine } from "./log-file.ts";

export interface LogKeeperOptions {
  readonly store: Store;
  readonly log: Pick<LogFile, "listen" | "write">;
  /** Each line as it is written, before it is stored. */
  readonly onLine?: (line: LogLine) => void;
  readonly delayMs?: number;
}

const NOWHERE: LogPlace = { repositoryId: null, worktreeId: null };

/** What is read by who wants to see lines. */
export function readLogLines(store: Store, question: LogQuestion): readonly LogLine[] {
  return store.read((tables) => tables.logLines.load(question));
}

export class LogKeeper implements Disposable {
  readonly #options: LogKeeperOptions;
  #lastId: number;
  #waiting: LogLine[] = [];
  #timer: Timer | undefined;
  /** So that the store is looked after at the beginning, too. */
  #sincePruning = LOG_LINES_BETWEEN_PRUNINGS;
  #hasFailed = false;

  /** Gets every line from now on, and what was logged before the store was open. */
  constructor(options: LogKeeperOptions) {
    this.#options = options;
    this.#lastId = this.#guard(() => options.store.read(({ logLines }) => logLines.lastId())) ?? 0;
    options.log.listen((line) => {
      this.#take(line);
    });
  }

  /** Also what was logged just now. @throws GityError STORE_FAILED */
  read(question: LogQuestion): readonly LogLine[] {
    this.#flush();
    return readLogLines(this.#options.store, question);
  }

  /** The last lines are stored, too. */
  [Symbol.dispose](): void {
    this.#options.log.listen(undefined);
    clearTimeout(this.#timer);
    this.#guard(() => {
      this.#options.store.write(({ logLines }) => {
        logLines.insertAll(this.#waiting);
      });
    });
    this.#waiting = [];
  }

  #take(line: NewLogLine): void {
    this.#lastId += 1;
    const place = this.#guard(() =>
      this.#options.store.read(({ logLines }) => logLines.findPlace(line.fields)),
    );
    const placed = { id: this.#lastId, ...line, ...(place ?? NOWHERE) };
    this.#waiting.push(placed);
    if (this.#waiting.length > LOG_LINES_WAITING_MAX) {
      this.#waiting.shift();
    }
    this.#flushSoon();
    this.#options.onLine?.(placed);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#waiting;
    if (lines.length === 0) {
      return;
    }
    this.#waiting = [];
    const isPruningDue = this.#sincePruning + lines.length >= LOG_LINES_BETWEEN_PRUNINGS;
    const isFree = this.#guard(() =>
      this.#options.store.writeIfFree(({ logLines }) => {
        logLines.insertAll(lines);
        if (isPruningDue) {
          logLines.prune(Date.now());
        }
      }),
    );
    if (isFree === true) {
      this.#hasFailed = false;
      this.#sincePruning = isPruningDue ? 0 : this.#sincePruning + lines.length;
    } else if (isFree === false) {
      this.#waiting = lines;
      this.#flushSoon();
    }
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#flush();
    }, this.#options.delayMs ?? LOG_STORE_DELAY_MS);
  }

  /** Undefined when the store cannot be used; said once, until it can be used again. */
  #guard<Result>(step: () => Result): Result | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      if (!this.#hasFailed) {
        this.#hasFailed = true;
        this.#options.log.write("warn", "log lines cannot be stored", { reason: error.message });
      }
      return undefined;
    }
  }
}
