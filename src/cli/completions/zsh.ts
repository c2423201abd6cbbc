/** Completions for zsh, for `_arguments` of its completion system; with descriptions. */

import type { CompletionArgument, CompletionFlag, CompletionPlace } from "./shape.ts";

export function zshCompletions(places: readonly CompletionPlace[]): string {
  return `#compdef gity
# Completions of gity for zsh, made by 'gity completions zsh'.
${places.map(functionOf).join("\n")}
# Read by itself it is told to zsh; found by zsh as a file of its function path, it is the function.
if [[ \${funcstack[1]} == _gity ]]; then
  _gity "$@"
else
  compdef _gity gity
fi
`;
}

function functionOf({ path, commands, flags, arguments: all }: CompletionPlace): string {
  const options = flags.map(optionSpec);
  if (commands.length === 0) {
    const specs = [...options, ...all.map(argumentSpec)];
    return `${functionName(path)}() {
  _arguments -s -S${specs.map((spec) => ` \\\n    ${spec}`).join("")}
}
`;
  }
  return `${functionName(path)}() {
  local -a commands
  if (( CURRENT > 2 )); then
    local name=\${words[2]}
    case $name in
      ${commands.map(({ name }) => name).join(" | ")})
        shift words
        (( CURRENT -= 1 ))
        _call_function ignored ${functionName(path)}_\${name//-/_}
        ;;
    esac
    return
  fi
  commands=(
${commands.map(({ name, says }) => `    ${quote(`${name.replaceAll(":", "\\:")}:${says}`)}`).join("\n")}
  )
  if [[ \${words[CURRENT]} == -* ]]; then
    _arguments${options.map((spec) => ` ${spec}`).join("")}
  else
    _describe -t commands command commands
  fi
}
`;
}

function functionName(path: string): string {
  return `_${path.replaceAll(/[ -]/g, "_")}`;
}

/** `--via=[says]:words:(…)` takes the value in the same word or in the next. */
function optionSpec({ name, hasValue, words, says }: CompletionFlag): string {
  const description = `[${says.replaceAll(/[[\]\\]/g, "\\$&")}]`;
  if (!hasValue) {
    return quote(`${name}${description}`);
  }
  return quote(`${name}=${description}:value:${words.length === 0 ? " " : `(${words.join(" ")})`}`);
}

function argumentSpec({ name, isPath, isRepeated, words }: CompletionArgument, i: number): string {
  const action = isPath ? "_files" : words.length === 0 ? " " : `(${words.join(" ")})`;
  const message = words.length === 0 ? name.toLowerCase().replace("...", "") : "word";
  return quote(`${isRepeated ? "*" : i + 1}:${message}:${action}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
