/** A program at a terminal of its own, with somebody who types and reads. */

import { eventually } from "./eventually.ts";

export interface InteractiveShell extends AsyncDisposable {
  /** Types a line, and returns all that is shown until `end` is, behind it. */
  type(line: string, end: RegExp): Promise<string>;
  /** What is shown from the beginning until `end` is. */
  begun(end: RegExp): Promise<string>;
  /** All that was shown so far. */
  shown(): string;
}

export interface ShellOptions {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const COLUMNS = 200;
const ROWS = 24;

export function interactiveShell(
  command: readonly string[],
  { cwd, environment }: ShellOptions,
): InteractiveShell {
  const decoder = new TextDecoder();
  let shown = "";
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...process.env, TERM: "xterm-256color", LC_ALL: "C.UTF-8", ...environment },
    terminal: {
      cols: COLUMNS,
      rows: ROWS,
      data: (_, bytes) => {
        shown += decoder.decode(bytes, { stream: true });
      },
    },
  });
  const until = async (from: number, end: RegExp, line: string): Promise<string> => {
    try {
      return await eventually(() => {
        const text = shown.slice(from);
        return end.test(text) && text.includes(line) ? text : undefined;
      });
    } catch (error) {
      const text = JSON.stringify(shown.slice(from));
      throw new Error(`${command[0]} shows ${text}, and not ${String(end)}`, { cause: error });
    }
  };
  return {
    shown: () => shown,
    begun: async (end) => until(0, end, ""),
    type: async (line, end) => {
      const from = shown.length;
      child.terminal?.write(`${line}\r`);
      // Some draw a prompt again while somebody types.
      return until(from, end, "\n");
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
      child.terminal?.close();
    },
  };
}

/** As a person sees it, as far as one line goes. */
export function withoutSequences(text: string): string {
  return text.replaceAll(
    // oxlint-disable-next-line no-control-regex -- CSI, OSC and short sequences of ECMA-48, and shifts.
    /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[ -/]*[0-~])|[\u000E\u000F]/g,
    "",
  );
}
