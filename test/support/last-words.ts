/** What failed, said once more after the last test: of a long log often only the end is left. */

const CHARACTERS_MAX = 4_000;

const said: string[] = [];

/** Runs it, and remembers what it throws. */
export async function withLastWords(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const text = error instanceof Error ? error.message : Bun.inspect(error);
    said.push(`${name}: ${text.slice(0, CHARACTERS_MAX)}\n`);
    throw error;
  }
}

export function sayLastWords(): void {
  process.stderr.write(said.join(""));
}
