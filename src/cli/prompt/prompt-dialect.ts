/**
 * The languages in which prompts are drawn: how each is told of colours, and how it takes text for nothing but
 * text.
 *
 * Names of branches come from strangers, and a prompt is a small program: bash and zsh expand `$(…)` in it, zsh
 * `%F`, tmux `#(…)`. Whoever shows a text here shows it, and runs nothing, in either way in which a shell may be
 * handed it: in a variable that the prompt names, or as the prompt itself.
 */

import { unreachable } from "../../base/assert.ts";

export type DialectName = "ansi" | "bash" | "zsh" | "tmux" | "plain";

/** The eight that every terminal has; a number is one of 256. */
export const COLOURS = [
  "black",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
  "white",
] as const;

export type Look = (typeof COLOURS)[number] | number | "bold" | "normal";

export interface Dialect {
  readonly text: (text: string) => string;
  readonly look: (look: Look) => string;
}

/** `hasColours`: without them text is still taken for text. */
export function dialectOf(name: DialectName, hasColours: boolean): Dialect {
  return {
    text: (text) => escape(name, visible(text)),
    look: (look) => (hasColours ? lookIn(name, look) : ""),
  };
}

/** Where a character stands that would steer a terminal. */
const REPLACEMENT = "\uFFFD";

/** Nothing that moves the cursor, rings, ends a line, or has what follows read from right to left. */
function visible(text: string): string {
  // To compile the other one takes longer than this.
  return /^[ -~]*$/.test(text)
    ? text
    : text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, REPLACEMENT);
}

/** What readline takes for the borders of what has no width (readline(3), RL_PROMPT_START_IGNORE). */
const READLINE_START = "\u0001";
const READLINE_END = "\u0002";

function escape(name: DialectName, text: string): string {
  switch (name) {
    case "ansi":
    case "plain":
      return text;
    case "bash":
      return inert(text, `${READLINE_START}${READLINE_END}`);
    case "zsh":
      return inert(text.replaceAll("%", "%%"), "%{%}");
    case "tmux":
      // It expands what a command has printed.
      return text.replaceAll("#", "##");
    default:
      return unreachable(name);
  }
}

/**
 * For a shell that may or may not expand it: something without width behind each `$` and `\` keeps them from
 * meaning anything, and is not to be seen. For a backquote nothing does.
 */
function inert(text: string, nothing: string): string {
  return text.replaceAll(/[$\\]/g, (character) => character + nothing).replaceAll("`", "'");
}

function lookIn(name: DialectName, look: Look): string {
  switch (name) {
    case "ansi":
      return ansi(look);
    case "bash":
      return `${READLINE_START}${ansi(look)}${READLINE_END}`;
    case "zsh":
      return zsh(look);
    case "tmux":
      return `#[${tmux(look)}]`;
    case "plain":
      return "";
    default:
      return unreachable(name);
  }
}

/** "Select Graphic Rendition" of ECMA-48. */
function ansi(look: Look): string {
  const code =
    look === "normal"
      ? "0"
      : look === "bold"
        ? "1"
        : typeof look === "number"
          ? `38;5;${look}`
          : `3${COLOURS.indexOf(look)}`;
  return `\u001B[${code}m`;
}

function zsh(look: Look): string {
  if (look === "normal") {
    return "%b%f";
  }
  return look === "bold" ? "%B" : `%F{${look}}`;
}

function tmux(look: Look): string {
  if (look === "normal" || look === "bold") {
    return look === "bold" ? "bold" : "default";
  }
  return `fg=${typeof look === "number" ? `colour${look}` : look}`;
}
