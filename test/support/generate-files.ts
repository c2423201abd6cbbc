/**
 * Fills a folder with many small files, fast and always the same: the big repositories of tests
 * and benchmarks.
 */

import { closeSync, futimesSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Subfolders of each folder: 5,000 folders lie four to five levels deep, as in real projects. */
const FOLDERS_PER_FOLDER = 10;

/** Files share this many contents, so that git stores few objects and hashing stays real work. */
const CONTENTS = 500;

/**
 * Files are dated into the past. One as new as the index is "racily clean": git reads it again on
 * every status, and a measurement soon after would show that instead of what it is about.
 */
export const MODIFIED_AT = new Date("2024-01-01T00:00:00Z");

export interface GeneratedTree {
  readonly files: number;
  /** The root is one of them. */
  readonly directories: number;
}

/** Writes the files and returns their paths, relative to `root`. */
export function generateFiles(root: string, tree: GeneratedTree): string[] {
  return [...generateFilesInSteps(root, tree)].flat();
}

/** Files written between two steps: a few milliseconds, for whoever shows progress. */
const FILES_PER_STEP = 1000;

/** Like generateFiles(); each step writes some files and gives their paths. */
export function* generateFilesInSteps(root: string, tree: GeneratedTree): Generator<string[]> {
  const folders = generatedFolders(tree.directories);
  for (const folder of folders) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  const contents = Array.from({ length: CONTENTS }, (_, i) =>
    Buffer.from(`// file ${i}\n${"export const value = 1;\n".repeat(1 + (i % 20))}`),
  );
  let paths: string[] = [];
  for (let i = 0; i < tree.files; i += 1) {
    const folder = folders[i % folders.length] ?? "";
    const path = `${folder}${folder === "" ? "" : "/"}file${i}.ts`;
    writeFile(join(root, path), contents[i % CONTENTS] ?? Buffer.alloc(0));
    paths.push(path);
    if (paths.length === FILES_PER_STEP) {
      yield paths;
      paths = [];
    }
  }
  yield paths;
}

function writeFile(path: string, content: Uint8Array): void {
  const fd = openSync(path, "w");
  try {
    writeSync(fd, content);
    futimesSync(fd, MODIFIED_AT, MODIFIED_AT);
  } finally {
    closeSync(fd);
  }
}

/** The folders' paths, parents first; the first is the root, "". */
export function generatedFolders(count: number): string[] {
  const folders = [""];
  for (let i = 1; i < count; i += 1) {
    const parent = folders[Math.floor((i - 1) / FOLDERS_PER_FOLDER)] ?? "";
    folders.push(`${parent}${parent === "" ? "" : "/"}folder${i}`);
  }
  return folders;
}
