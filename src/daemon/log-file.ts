/**
 * The daemon's log: one line per event, `2026-01-31T12:00:00.000Z info message key=value`.
 *
 * Written at once and unbuffered, so that the last line before a crash is there. Nothing is written,
 * or handed on, that a password was not taken out of.
 *
 * Made of LogTape's parts (record, level, formatter, sink) and not of its loggers: these belong to the
 * whole process, read a message as a template, and a message here may hold any text.
 */

import { writeSync } from "node:fs";

import {
  getLevelFilter,
  getTextFormatter,
  type LogLevel as TapeLevel,
  type LogRecord,
  type Sink,
} from "@logtape/logtape";

import {
  LOG_FILE_BYTES_MAX,
  LOG_FILES_MAX,
  LOG_LINES_EARLY_MAX,
  LOG_TEXT_CHARACTERS_MAX,
} from "../base/limits.ts";
import { isSecretName, redact } from "../base/redact.ts";
import {
  formatLogText,
  type LogFields,
  type LogLevel,
  type LogLine,
} from "../protocol/log-line.ts";
import { ignoringSystemErrors, RotatingFile, type RotationLimits } from "./rotating-file.ts";

export interface Log {
  /** Fields named `root`, `gitDir`, `commonDir`, `worktreeId` or `repositoryId` say what it is about. */
  write(level: LogLevel, message: string, fields?: LogFields): void;
}

/** A line of which nobody has found out yet what it is about. */
export type NewLogLine = Pick<LogLine, "atMs" | "level" | "message" | "fields">;

type LineListener = (line: NewLogLine) => void;

const TAPE_LEVELS = {
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
} as const satisfies Readonly<Record<LogLevel, TapeLevel>>;

const LEVEL_WORDS: Readonly<Record<TapeLevel, LogLevel>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  fatal: "error",
};

const FILE_LIMITS: RotationLimits = { bytesMax: LOG_FILE_BYTES_MAX, filesMax: LOG_FILES_MAX };

const formatLine = getTextFormatter({
  timestamp: "rfc3339",
  level: (level) => LEVEL_WORDS[level],
  format: ({ timestamp, level, record }) =>
    `${timestamp ?? ""} ${level} ${formatLogText(messageOf(record), fieldsOf(record))}`,
});

export class LogFile implements Log, Disposable {
  readonly #file: RotatingFile;
  readonly #sinks: readonly Sink[];
  #isWanted = getLevelFilter("info");
  /** What was written before anybody listened. */
  #early: NewLogLine[] | undefined = [];
  #listener: LineListener | undefined;

  private constructor(path: string, echoFd: number | undefined, limits: RotationLimits) {
    this.#file = new RotatingFile(path, limits);
    const echo: Sink[] =
      echoFd === undefined
        ? []
        : [
            (record) => {
              writeSync(echoFd, formatLine(record));
            },
          ];
    this.#sinks = [
      (record) => {
        this.#file.write(formatLine(record));
      },
      ...echo,
      (record) => {
        this.#handOn(record);
      },
    ];
  }

  /** Lines also go to `echoFd`, for a daemon in the foreground. */
  static open(path: string, echoFd?: number, limits: RotationLimits = FILE_LIMITS): LogFile {
    return new LogFile(path, echoFd, limits);
  }

  /** Goes on in a new file, after somebody has moved the old one away. */
  reopen(): void {
    this.#file.reopen();
  }

  /** Gives up the oldest files until all are no larger. Returns how many are gone. */
  shrinkTo(bytesMax: number): number {
    return this.#file.shrinkTo(bytesMax);
  }

  /** What is less important is written nowhere from now on. */
  setLevel(lowest: LogLevel): void {
    this.#isWanted = getLevelFilter(TAPE_LEVELS[lowest]);
  }

  /** Whoever keeps the lines gets each as it is written, and first those from before, as far as they
   *  were kept. One at a time; undefined ends it. */
  listen(listener: LineListener | undefined): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#listener = listener;
    for (const line of early) {
      listener?.(line);
    }
  }

  write(level: LogLevel, message: string, fields: LogFields = {}): void {
    const record = toRecord(level, message, fields);
    if (!this.#isWanted(record)) {
      return;
    }
    for (const sink of this.#sinks) {
      // A full disk must not end the daemon: a log line is the least of what it does.
      ignoringSystemErrors(() => {
        sink(record);
      });
    }
  }

  [Symbol.dispose](): void {
    this.#listener = undefined;
    this.#file[Symbol.dispose]();
  }

  #handOn(record: LogRecord): void {
    const line = {
      atMs: record.timestamp,
      level: LEVEL_WORDS[record.level],
      message: messageOf(record),
      fields: fieldsOf(record),
    };
    this.#listener?.(line);
    if (this.#early !== undefined && this.#early.length < LOG_LINES_EARLY_MAX) {
      this.#early.push(line);
    }
  }
}

/** With nothing in it that is not for everybody who may read logs. */
function toRecord(level: LogLevel, message: string, fields: LogFields): LogRecord {
  const text = shorten(redact(message));
  return {
    category: ["gity"],
    level: TAPE_LEVELS[level],
    message: [text],
    rawMessage: text,
    timestamp: Date.now(),
    properties: Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, redactField(name, value)]),
    ),
  };
}

function redactField(name: string, value: LogFields[string]): LogFields[string] {
  if (typeof value !== "string") {
    return value;
  }
  return isSecretName(name) ? "***" : shorten(redact(value));
}

/** Last of all: a password that was cut off in the middle would not be known as one. */
function shorten(text: string): string {
  return text.length > LOG_TEXT_CHARACTERS_MAX
    ? `${text.slice(0, LOG_TEXT_CHARACTERS_MAX)}…`
    : text;
}

function messageOf({ message }: LogRecord): string {
  return message.join("");
}

/** Made by toRecord() only. */
function fieldsOf({ properties }: LogRecord): LogFields {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return properties as LogFields;
}
