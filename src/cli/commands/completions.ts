/** `gity completions`: what TAB knows about gity, as a script for a shell. */

import { gityCommand } from "../command.ts";
import { bashCompletions } from "../completions/bash.ts";
import { fishCompletions } from "../completions/fish.ts";
import { completionPlaces, type CompletionPlace } from "../completions/shape.ts";
import { zshCompletions } from "../completions/zsh.ts";
import { printText } from "../output.ts";
import { PROGRAM } from "../program.ts";
import { allReferences } from "../reference.ts";

const SHELLS: Readonly<Record<string, (places: readonly CompletionPlace[]) => string>> = {
  bash: bashCompletions,
  zsh: zshCompletions,
  fish: fishCompletions,
};

export default gityCommand({
  name: "completions",
  description:
    "Print the completions for a shell: commands, options, their values, and paths.\n" +
    "Read once, they need no gity to complete with.",
  args: {
    shell: {
      type: "positional",
      required: true,
      description: "the shell they are for",
      valueHint: Object.keys(SHELLS).join("|"),
    },
  },
  examples: [
    { line: `eval "$(gity completions bash)"`, says: "bash: in ~/.bashrc" },
    { line: `eval "$(gity completions zsh)"`, says: "zsh: in ~/.zshrc, behind compinit" },
    { line: "gity completions fish | source", says: "fish: in ~/.config/fish/config.fish" },
  ],
  run: async ({ shell }) => {
    const places = completionPlaces(PROGRAM, await allReferences());
    printText(SHELLS[shell]?.(places) ?? "");
    return 0;
  },
});
