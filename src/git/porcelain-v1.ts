/**
 * What `git status --porcelain` prints, from what it prints as version 2: git-status(1), "Porcelain Format Version 1" and
 * "Version 2". Both list the same entries, by the same settings, in the same order (wt-status.c, wt_shortstatus_print()
 * and wt_porcelain_v2_print()); version 1 says less of each. Whoever has the one need not run git for the other.
 *
 * What the two do not say in the same way is left to git: conflicts, which version 2 lists last, submodules, and, unless
 * paths end with NUL, names that may have to be quoted.
 *
 * Pure: bytes in, bytes out.
 */

import type { StatusForm } from "../protocol/status-form.ts";

const VERSION_1 = JSON.stringify(["--porcelain=v1"]);
const VERSION_1_NUL = JSON.stringify(["--porcelain=v1", "-z"]);

/** An ordinary entry, and one that was renamed or copied: kind, XY, no submodule, modes and names of objects, the score;
 *  then the path. */
const CHANGED = /^1 ([.A-Z]{2}) N\.\.\. \d{6} \d{6} \d{6} [\da-f]+ [\da-f]+ /;
const RENAMED = /^2 ([.A-Z]{2}) N\.\.\. \d{6} \d{6} \d{6} [\da-f]+ [\da-f]+ [RC]\d+ /;

/** quote.c, cquote_lookup and quote_path(): ASCII that can be seen, without blank, quotation mark and backslash. */
const PLAIN_NAME = /^[!#-[\]-~]+$/;

/**
 * `program` is what PROGRAM_FORM prints (protocol/status-form.ts). Undefined where only git can tell: another form,
 * or entries as above.
 */
export function tellInVersion1(program: Uint8Array, form: StatusForm): Uint8Array | undefined {
  const words = JSON.stringify(form.words);
  if (words !== VERSION_1 && words !== VERSION_1_NUL) {
    return undefined;
  }
  const lines: string[] = [];
  // One character a byte.
  const records = Buffer.from(program).toString("latin1").split("\0");
  // What is after the last NUL is no record.
  if (records.pop() !== "" || records[0]?.startsWith("# branch.oid ") !== true) {
    return undefined;
  }
  const tell = words === VERSION_1 ? asLine : asNames;
  for (let i = 0; i < records.length; i += 1) {
    const record = records[i] ?? "";
    if (record.startsWith("# ")) {
      continue;
    }
    const entry = entryOf(record, records[i + 1]);
    const line = entry && tell(entry);
    if (line === undefined) {
      return undefined;
    }
    i += entry?.original === undefined ? 0 : 1;
    lines.push(line);
  }
  return Buffer.from(lines.join(""), "latin1");
}

interface Entry {
  readonly xy: string;
  readonly path: string;
  /** What it was renamed or copied from. */
  readonly original: string | undefined;
}

function entryOf(record: string, next: string | undefined): Entry | undefined {
  if (record.startsWith("? ")) {
    return { xy: "??", path: record.slice("? ".length), original: undefined };
  }
  const match = CHANGED.exec(record) ?? (next === undefined ? null : RENAMED.exec(record));
  if (match === null) {
    return undefined;
  }
  return {
    xy: (match[1] ?? "").replaceAll(".", " "),
    path: record.slice(match[0].length),
    original: record.startsWith("2 ") ? next : undefined,
  };
}

function asNames({ xy, path, original }: Entry): string {
  return `${xy} ${path}\0${original === undefined ? "" : `${original}\0`}`;
}

function asLine({ xy, path, original }: Entry): string | undefined {
  const names = original === undefined ? [path] : [original, path];
  return names.every((name) => PLAIN_NAME.test(name)) ? `${xy} ${names.join(" -> ")}\n` : undefined;
}
