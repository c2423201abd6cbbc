/**
 * The output of `git status --porcelain=v2 --branch --show-stash -z`, read: git-status(1), "Porcelain
 * Format Version 2".
 */

import { GityError } from "../base/errors.ts";
import { pathValueOf } from "../protocol/path-value.ts";
import type { StatusEntry, StatusReport } from "../protocol/status.ts";

export const PORCELAIN_OPTIONS = ["--porcelain=v2", "--branch", "--show-stash", "-z"] as const;

/** Fields in front of the path, the kind of line included. */
const CHANGED_FIELDS = 8;
const RENAMED_FIELDS = 9;
const UNMERGED_FIELDS = 10;

/** @throws GityError GIT_FAILED for a line that no git has printed so far */
export function parsePorcelainStatus(output: Uint8Array): StatusReport {
  // One character a byte.
  const records = Buffer.from(output).toString("latin1").split("\0");
  const headers = new Map<string, string>();
  const entries: StatusEntry[] = [];
  for (let i = 0; i < records.length; i += 1) {
    const record = records[i] ?? "";
    if (record.startsWith("# ")) {
      const [name = "", ...values] = record.slice(2).split(" ");
      headers.set(name, values.join(" "));
    } else if (record.startsWith("2 ")) {
      i += 1;
      entries.push(parseRenamed(record, records[i]));
    } else if (record !== "") {
      entries.push(parseEntry(record));
    }
  }
  return { ...parseHeaders(headers), entries };
}

function parseHeaders(headers: ReadonlyMap<string, string>): Omit<StatusReport, "entries"> {
  const head = headers.get("branch.head");
  const commit = headers.get("branch.oid");
  const upstream = headers.get("branch.upstream");
  const counts = /^\+(\d+) -(\d+)$/.exec(headers.get("branch.ab") ?? "");
  const stash = headers.get("stash");
  return {
    branch: head === undefined || head === "(detached)" ? null : pathOf(head),
    commit: commit === undefined || commit === "(initial)" ? null : commit,
    upstream: upstream === undefined ? null : pathOf(upstream),
    ahead: counts === null ? null : Number(counts[1]),
    behind: counts === null ? null : Number(counts[2]),
    stash: stash === undefined ? null : Number(stash),
  };
}

function parseEntry(record: string): StatusEntry {
  const plain = { originalPath: null, unmerged: false };
  const path = pathOf(record.slice(2));
  switch (record.slice(0, 2)) {
    case "1 ":
      return { kind: "changed", ...fieldsOf(record, CHANGED_FIELDS), ...plain };
    case "u ":
      return { kind: "unmerged", ...fieldsOf(record, UNMERGED_FIELDS), ...plain, unmerged: true };
    case "? ":
      return { kind: "untracked", xy: "??", path, ...plain };
    case "! ":
      return { kind: "ignored", xy: "!!", path, ...plain };
    default:
      throw unreadable(record);
  }
}

/** The score, `R100`, says which of the two it is. */
function parseRenamed(record: string, original: string | undefined): StatusEntry {
  if (original === undefined) {
    throw unreadable(record);
  }
  const isCopy = record.split(" ")[RENAMED_FIELDS - 1]?.startsWith("C") === true;
  return {
    kind: isCopy ? "copied" : "renamed",
    ...fieldsOf(record, RENAMED_FIELDS),
    originalPath: pathOf(original),
    unmerged: false,
  };
}

/** A path may hold blanks; it is what follows the last field. */
function fieldsOf(record: string, count: number): Pick<StatusEntry, "xy" | "path"> {
  const fields = record.split(" ");
  const [, xy] = fields;
  if (xy === undefined || fields.length <= count) {
    throw unreadable(record);
  }
  return { xy, path: pathOf(fields.slice(count).join(" ")) };
}

function pathOf(latin1: string): StatusEntry["path"] {
  return pathValueOf(Buffer.from(latin1, "latin1"));
}

function unreadable(record: string): GityError {
  return new GityError("GIT_FAILED", `cannot read what git status printed: '${record}'`);
}
