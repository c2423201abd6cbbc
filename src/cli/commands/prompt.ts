/** `gity prompt`: what a prompt says about the worktree, in time. Needs no daemon, and waits for none. */

import { PROMPT_MS } from "../../base/limits.ts";
import { pathValueOf } from "../../protocol/path-value.ts";
import { nearestMatch } from "../arguments.ts";
import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT, suggesting, usageError } from "../command.ts";
import { printJson, printText } from "../output.ts";
import { COLOURS } from "../prompt/prompt-dialect.ts";
import type { PromptFacts } from "../prompt/prompt-facts.ts";
import {
  FIELDS,
  type FormatMistake,
  parseFormat,
  PRESETS,
  renderFormat,
  SIGNS,
} from "../prompt/prompt-format.ts";
import { findFacts } from "../prompt/prompt-source.ts";
import {
  DIALECT_NAMES,
  parseDialect,
  parsePromptMs,
  PROMPT_MS_MAX,
} from "../prompt/show-prompt.ts";

const SHELLS = ["bash", "zsh", "fish", "starship", "tmux"] as const;

export default gityCommand({
  name: "prompt",
  description: [
    "Print the branch and what is changed in a few signs, for the prompt of a shell.",
    "Outside of a worktree, and where git would fail, it prints nothing. The exit code is 0 all the same.",
    "What cannot be found out in time is as it was, or left out, and marked as old; the branch never is old.",
  ].join("\n"),
  args: {
    path: PATH_ARGUMENT,
    format: suggesting(
      {
        type: "string",
        default: "default",
        description: `what to print: a format as below, or ${Object.keys(PRESETS).join(", ")}`,
        valueHint: "FORMAT",
      },
      Object.keys(PRESETS),
    ),
    color: {
      type: "string",
      default: "auto",
      description:
        "for whom: colours, and names in which nothing is run (auto: ansi on a terminal)",
      valueHint: DIALECT_NAMES.join("|"),
    },
    timeout: {
      type: "string",
      default: String(PROMPT_MS),
      description: `after how many milliseconds to print what is known (${PROMPT_MS})`,
      valueHint: "MS",
    },
    json: { ...JSON_ARGUMENT, description: "print one JSON object; null outside of a worktree" },
    init: {
      type: "string",
      description: "print what this shell has to read to have a prompt with these options",
      valueHint: SHELLS.join("|"),
    },
  },
  examples: [
    { line: `eval "$(gity prompt --init bash)"`, says: "bash: in ~/.bashrc" },
    { line: `eval "$(gity prompt --init zsh)"`, says: "zsh: in ~/.zshrc" },
    { line: "gity prompt --init fish | source", says: "fish: in ~/.config/fish/config.fish" },
    { line: "gity prompt --init starship", says: "for ~/.config/starship.toml; the same for tmux" },
    {
      line: "gity prompt --format '{branch}[ +{staged}][ {unstaged:changed}][ {clean:ok}]'",
      says: "a format of one's own",
    },
    { line: "gity prompt --json", says: "for a program" },
  ],
  terms: {
    title: "Format",
    terms: [
      ...Object.entries(FIELDS).map(([name, says]) => ({ name: `{${name}}`, says })),
      ...Object.entries(SIGNS).map(([name, says]) => ({ name, says })),
    ],
  },
  run: async ({ path, format, color, timeout, json, init }, context) => {
    const { format: parsed, mistake } = parseFormat(format);
    if (mistake !== undefined) {
      throw usageError(mistake.message, hintFor(mistake));
    }
    const timeoutMs = parsePromptMs(timeout);
    const dialect = parseDialect(color);
    if (timeoutMs === undefined || dialect === undefined) {
      throw usageError(`'${timeout}' is no number of milliseconds from 0 to ${PROMPT_MS_MAX}`);
    }
    if (init !== undefined) {
      const { SNIPPETS } = await import("../prompt/prompt-snippets.ts");
      const options = [
        ...(format === "default" ? [] : [`--format=${format}`]),
        ...(timeoutMs === PROMPT_MS ? [] : [`--timeout=${timeoutMs}`]),
      ];
      printText(SNIPPETS[init]?.(options) ?? "");
      return 0;
    }
    const { kickDaemon } = context;
    const facts = enter(path) ? await findFacts({ deadlineMs: timeoutMs, kickDaemon }) : undefined;
    if (json) {
      printJson(facts === undefined ? null : jsonOf(facts));
    } else if (facts !== undefined) {
      const text = renderFormat(parsed, facts, dialect);
      printText(text === "" ? "" : `${text}\n`);
    }
    return 0;
  },
});

function hintFor({ unknown }: FormatMistake): string {
  if (unknown === undefined) {
    return "a backslash takes the meaning from { [ ] and itself; see 'gity prompt --help'";
  }
  const nearest = nearestMatch(unknown, [...Object.keys(FIELDS), ...COLOURS, "bold", "normal"]);
  return nearest === undefined
    ? `it is one of ${Object.keys(FIELDS).join(", ")}`
    : `did you mean '{${nearest}}'?`;
}

/** Goes to a folder, or to that of a file; false where there is none. */
function enter(path: string): boolean {
  if (path === ".") {
    return true;
  }
  for (const folder of [path, `${path.replace(/[^/]*$/, "")}.`]) {
    try {
      process.chdir(folder);
      return true;
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) {
        throw error;
      }
      if (error.code !== "ENOTDIR") {
        return false;
      }
    }
  }
  return false;
}

function jsonOf({ branch, commit, upstream, ...rest }: PromptFacts): Record<string, unknown> {
  return { branch: nameOf(branch), commit, upstream: nameOf(upstream), ...rest };
}

function nameOf(name: string | null): ReturnType<typeof pathValueOf> | null {
  return name === null ? null : pathValueOf(Buffer.from(name, "latin1"));
}
