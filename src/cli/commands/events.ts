/** `gity events`: what happens in the worktrees that are watched? */

import { resolve } from "node:path";

import type { GityEvent } from "../../protocol/api.ts";
import { parseEventId } from "../../protocol/event-id.ts";
import { EVENT_KINDS } from "../../protocol/event-kinds.ts";
import { formatLogText } from "../../protocol/log-line.ts";
import { nearestMatch } from "../arguments.ts";
import { gityCommand, suggesting, usageError } from "../command.ts";
import { reachDaemon } from "../reach-daemon.ts";
import { untilInterrupted } from "../interrupt.ts";
import { describeProgress } from "../job-text.ts";
import { formatCount, printStreamed, visible } from "../output.ts";
import { quotePath, quoteReadable } from "../quote-path.ts";
import { type Paint, paintFor, STDOUT, type Style } from "../terminal.ts";

const KINDS = [...EVENT_KINDS, "gap"] as const;

/** Paths shown in a line; the rest is counted. */
const PATHS_SHOWN_MAX = 5;

/** As wide as the widest kind. */
const KIND_WIDTH = Math.max(...EVENT_KINDS.map((kind) => kind.length));

export default gityCommand({
  name: "events",
  description:
    "Show what happens in the worktrees that are watched, as it happens, until Ctrl-C.\n" +
    "Goes on when the daemon is restarted. A line 'gap' means that events were lost.",
  args: {
    path: {
      type: "positional",
      required: false,
      description: "any file or folder in a worktree (all that are watched)",
      valueHint: "PATH",
    },
    kind: suggesting(
      {
        type: "string",
        description: `only these, separated by commas: ${KINDS.join(", ")}`,
        valueHint: "KIND,...",
      },
      KINDS,
    ),
    since: {
      type: "string",
      description:
        "first what happened after the event with this id (--json shows it), as far as it is remembered",
      valueHint: "ID",
    },
    json: { type: "boolean", default: false, description: "print one JSON object a line" },
  },
  examples: [
    { line: "gity events", says: "everything, everywhere" },
    { line: "gity events --kind changes,head .", says: "files and commits of this worktree" },
    { line: "gity events --json --kind degraded,gap", says: "trouble, for a program" },
  ],
  run: async ({ path, kind, since, json }, context) => {
    const kinds = kind === undefined ? undefined : parseKinds(kind);
    if (since !== undefined && parseEventId(since) === undefined) {
      throw usageError(`'${since}' is no id of an event`, "'gity events --json' shows them");
    }
    const client = reachDaemon(context);
    const paint = paintFor(STDOUT);
    const show = async (signal: AbortSignal): Promise<number> => {
      const question = { path: path === undefined ? undefined : resolve(path), kinds, since };
      for await (const event of client.events({ ...question, signal })) {
        const line = json ? JSON.stringify(event) : formatEvent(event, paint);
        if (!printStreamed(`${line}\n`)) {
          break;
        }
      }
      return 0;
    };
    return untilInterrupted(show, async () => context.hasReader(STDOUT));
  },
});

/** @throws GityError INVALID_REQUEST */
function parseKinds(text: string): readonly (typeof KINDS)[number][] {
  return text.split(",").map((word) => {
    const known = KINDS.find((each) => each === word);
    if (known === undefined) {
      const nearest = nearestMatch(word, KINDS);
      throw usageError(
        `unknown kind '${word}'`,
        nearest === undefined ? `it is one of ${KINDS.join(", ")}` : `did you mean '${nearest}'?`,
      );
    }
    return known;
  });
}

export function formatEvent(event: GityEvent, paint: Paint): string {
  const time = new Date(event.atMs).toISOString();
  const kind = event.kind.padEnd(KIND_WIDTH);
  const place = "root" in event ? event.root : "commonDir" in event ? event.commonDir : null;
  const parts = [
    paint(time, "heading"),
    paint(kind, STYLES[event.kind] ?? "good"),
    ...(place === null ? [] : [quoteReadable(place)]),
    ...describe(event),
  ];
  return parts.join("  ");
}

const STYLES: Readonly<Partial<Record<GityEvent["kind"], Style>>> = {
  gap: "bad",
  degraded: "bad",
  "job-failed": "bad",
  crawling: "doubtful",
  "catching-up": "doubtful",
  log: "heading",
};

function describe(event: GityEvent): readonly string[] {
  switch (event.kind) {
    case "changes":
      return [event.isUnknown ? "anything may have changed" : describePaths(event.paths)];
    case "degraded":
    case "crawling":
    case "catching-up":
    case "ready":
      return [event.reason, event.cure === null ? null : `(${event.cure})`]
        .filter((text) => text !== null)
        .map(visible);
    case "log":
      return [event.line.level, visible(formatLogText(event.line.message, event.line.fields))];
    case "resources":
      return [`${event.isOver ? "over" : "below again"}: ${visible(event.message)}`];
    case "gap":
      return [
        `${event.lost === null ? "some" : formatCount(event.lost)} lost: ${GAPS[event.reason]}`,
      ];
    case "job-queued":
    case "job-started":
    case "job-progress":
    case "job-finished":
    case "job-failed":
      return [
        event.task,
        event.progress === null ? "" : describeProgress(event.progress),
        visible(event.message ?? ""),
      ].filter((text) => text !== "");
    default:
      return [];
  }
}

const GAPS = {
  slow: "they came faster than they were read",
  "too-old": "they are no longer remembered",
  restarted: "the daemon is another one",
} as const;

function describePaths(paths: Extract<GityEvent, { kind: "changes" }>["paths"]): string {
  const shown = paths.slice(0, PATHS_SHOWN_MAX).map(quotePath);
  const more = paths.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${formatCount(more)} more`] : [])].join(" ");
}
