/** Names that would do something if anybody took them for more than names. */

/** As git takes them for branches: each would make a file `pwned`, or say something that it does not say. */
export const HOSTILE_BRANCHES = [
  "a$(touch${IFS}pwned)",
  "a`touch${IFS}pwned`",
  "a${HOME}$HOME$$",
  "%F{red}%n%%%{x%}%(",
  "#(touch${IFS}pwned)##(touch${IFS}pwned)#{host}#S##",
  "';touch${IFS}pwned;'\"&touch|<>",
  "!!!$!",
  "ünïcödé",
] as const;

/** As nobody can name a branch with git; a file HEAD may still say so. */
export const HOSTILE_TEXTS = [
  ...HOSTILE_BRANCHES,
  "\\$(touch pwned)\\\\\\w\\[\\e[31m\\]\\",
  "#[fg=red]",
] as const;

/** Bash and zsh have no way to show it that is safe in every use of a prompt. */
export function withoutBackquotes(text: string): string {
  return text.replaceAll("`", "'");
}
