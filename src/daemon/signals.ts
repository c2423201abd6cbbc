/** What the daemon does at which signal. */

import type { LogFile } from "./log-file.ts";

/** SIGHUP is what logrotate sends; to a daemon on a terminal it says that the terminal has gone. */
export function catchSignals(
  log: LogFile,
  stop: (reason: string) => void,
  isOnTerminal: boolean,
): Disposable {
  const actions = {
    SIGTERM: stop,
    SIGINT: stop,
    SIGHUP: isOnTerminal
      ? stop
      : () => {
          reopenLog(log);
        },
  };
  for (const [signal, act] of Object.entries(actions)) {
    process.on(signal, act);
  }
  return {
    [Symbol.dispose]: () => {
      for (const [signal, act] of Object.entries(actions)) {
        process.off(signal, act);
      }
    },
  };
}

/** What cannot be opened anew goes on in the old file. */
function reopenLog(log: LogFile): void {
  try {
    log.reopen();
    log.write("info", "reopened the log");
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) {
      throw error;
    }
    log.write("warn", "cannot reopen the log", { reason: error.message });
  }
}
