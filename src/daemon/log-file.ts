/**
 * The daemon's log: one line per event, `2026-01-31T12:00:00.000Z info message key=value`.
 *
 * Written at once and in one write(2), so that the last line before a crash is there, and lines
 * of a process that shares the file are not torn.
 */

import { closeSync, constants, fchmodSync, openSync, writeSync } from "node:fs";

export type LogLevel = "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface Log {
  write(level: LogLevel, message: string, fields?: LogFields): void;
}

export class LogFile implements Log, Disposable {
  readonly #path: string;
  #fd: number;
  readonly #echoFd: number | undefined;

  private constructor(path: string, echoFd: number | undefined) {
    this.#path = path;
    this.#fd = openLog(path);
    this.#echoFd = echoFd;
  }

  /** Lines also go to `echoFd`, for a daemon in the foreground. */
  static open(path: string, echoFd?: number): LogFile {
    return new LogFile(path, echoFd);
  }

  /** Goes on in a new file, after somebody has moved the old one away. */
  reopen(): void {
    const before = this.#fd;
    this.#fd = openLog(this.#path);
    closeSync(before);
  }

  write(level: LogLevel, message: string, fields: LogFields = {}): void {
    const line = `${new Date().toISOString()} ${level} ${formatLogText(message, fields)}\n`;
    for (const fd of [this.#fd, this.#echoFd]) {
      if (fd !== undefined) {
        writeOrGiveUp(fd, line);
      }
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

function openLog(path: string): number {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, 0o600);
  fchmodSync(fd, 0o600);
  return fd;
}

/** One line whatever the values hold: paths may have newlines. */
export function formatLogText(message: string, fields: LogFields): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name}=${formatValue(value)}`);
  return [message.replaceAll("\n", "\\n"), ...parts].join(" ");
}

function formatValue(value: LogFields[string]): string {
  return typeof value === "string" && !/^[\w./:@+-]+$/.test(value)
    ? JSON.stringify(value)
    : String(value);
}

/** A full disk must not end the daemon: a log line is the least of what it does. */
function writeOrGiveUp(fd: number, line: string): void {
  try {
    writeSync(fd, line);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) {
      throw error;
    }
  }
}
