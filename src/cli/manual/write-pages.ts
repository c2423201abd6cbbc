/** Writes the manual pages into a folder, for the build. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { PROGRAM } from "../program.ts";
import { allReferences } from "../reference.ts";
import { manualPages } from "./pages.ts";

/** Replaces the folder: the page of a command that is gone goes, too. */
export async function writeManualPages(folder: string, version: string): Promise<void> {
  const program = { version, description: PROGRAM.description };
  const pages = manualPages(program, await allReferences());
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, text } of pages) {
    writeFileSync(join(folder, file), text);
  }
}
