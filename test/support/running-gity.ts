/** A command of gity's that goes on until it is told to end. */

import { builtGity } from "./built.ts";
import type { GityHome } from "./gity-home.ts";

export interface Running {
  said(): string;
  end(signal: NodeJS.Signals): Promise<number>;
}

export function runGity(home: GityHome, ...words: string[]): Running {
  const child = Bun.spawn([builtGity(), ...words], {
    env: { ...process.env, GITY_HOME: home.path },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    // Should the test fail, it is not left behind.
    timeout: 50_000,
  });
  let said = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const part of child.stdout) {
      said += decoder.decode(part, { stream: true });
    }
  })();
  return {
    said: () => said,
    end: async (signal) => {
      child.kill(signal);
      await reading;
      return child.exited;
    },
  };
}
