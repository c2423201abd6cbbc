/** Puts a result where it is kept: the file, the page about it, and the plots that the page shows. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { formatPage } from "./page.ts";
import { plotReport, THEMES } from "./plots.ts";
import { type BenchResult, nameOfResult, PARTIAL } from "./result.ts";

/** The path of the page. A result of the same name is replaced; see withFreeName(). */
export async function publish(result: BenchResult, folder: string): Promise<string> {
  const name = nameOfResult(result);
  const plots = join(folder, name);
  rmSync(plots, { recursive: true, force: true });
  mkdirSync(plots, { recursive: true });
  for (const { name: question, report } of result.answers) {
    for (const theme of THEMES) {
      // oxlint-disable-next-line no-await-in-loop -- One after the other takes no longer.
      const svg = await plotReport(report, theme);
      if (svg !== undefined) {
        writeFileSync(join(plots, `${question}-${theme}.svg`), svg);
      }
    }
  }
  const file = join(folder, `${name}.json`);
  const page = join(folder, `${name}.md`);
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(page, formatPage(result));
  // As everything else in the repository is written.
  Bun.spawnSync([process.execPath, "fmt", file, page], { stdout: "ignore", stderr: "ignore" });
  return page;
}

/** What there is before the end, so that an hour is not lost when something happens to the rest. */
export function keepPartially(result: BenchResult, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const unfinished = {
    ...result,
    objections: [...(result.objections ?? []), "it is of a run that did not come to its end"],
  };
  writeFileSync(partialFile(result, folder), `${JSON.stringify(unfinished)}\n`);
}

/** Once all of it is kept. */
export function forgetPartial(result: BenchResult, folder: string): void {
  rmSync(partialFile(result, folder), { force: true });
}

function partialFile(result: BenchResult, folder: string): string {
  return join(folder, `${nameOfResult(result)}${PARTIAL}`);
}
