/** Completions for bash 3.2 and later, as one function; paths are left to bash. */

import type { CompletionArgument, CompletionPlace } from "./shape.ts";

export function bashCompletions(places: readonly CompletionPlace[]): string {
  return `# Completions of gity for bash, made by 'gity completions bash'.
_gity() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local path=gity position=0 only_arguments= is_path= words= word i
  # bash takes '--via=hook' for three words.
  if [[ $current == "=" ]]; then
    current=
  elif [[ $previous == "=" ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -z $only_arguments ]]; then
      case "$path $word" in
${caseArm(subcommandPaths(places), 'path="$path $word"; continue')}
${caseArm(
  flagPaths(places, ({ hasValue }) => hasValue),
  '((i += 1)); [[ ${COMP_WORDS[i]} != "=" ]] || ((i += 1)); continue',
)}
      esac
      case $word in
        --) only_arguments=yes; continue ;;
        -*) continue ;;
      esac
    fi
    ((position += 1))
  done
  case "$path $previous" in
${valueArms(places)}
    *)
      if [[ $current == -* && -z $only_arguments ]]; then
        case $path in
${places.map(({ path, flags }) => `          "${path}") words="${flags.map(({ name }) => name).join(" ")}" ;;`).join("\n")}
        esac
      else
        case "$path $position" in
${places.flatMap(argumentArms).join("\n")}
        esac
      fi
      ;;
  esac
  COMPREPLY=()
  if [[ -z $is_path ]]; then
    # Without this bash would offer files where nothing fits.
    compopt +o default +o bashdefault 2>/dev/null
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -o default -o bashdefault -F _gity gity
`;
}

/** The words that lead from a group to what is in it. */
function subcommandPaths(places: readonly CompletionPlace[]): readonly string[] {
  return places.flatMap(({ path, commands }) => commands.map(({ name }) => `${path} ${name}`));
}

function flagPaths(
  places: readonly CompletionPlace[],
  isWanted: (flag: CompletionPlace["flags"][number]) => boolean,
): readonly string[] {
  return places.flatMap(({ path, flags }) =>
    flags.filter(isWanted).map(({ name }) => `${path} ${name}`),
  );
}

function caseArm(paths: readonly string[], action: string): string {
  return `        ${paths.map((path) => `"${path}"`).join(" | ")})
          ${action} ;;`;
}

function valueArms(places: readonly CompletionPlace[]): string {
  return places
    .flatMap(({ path, flags }) =>
      flags
        .filter(({ hasValue }) => hasValue)
        .map(({ name, words }) => `    "${path} ${name}") words="${words.join(" ")}" ;;`),
    )
    .join("\n");
}

function argumentArms({ path, commands, arguments: all }: CompletionPlace): readonly string[] {
  if (commands.length > 0) {
    return [`          "${path} 0") words="${commands.map(({ name }) => name).join(" ")}" ;;`];
  }
  return all.map(
    (argument, i) =>
      `          "${path} "${argument.isRepeated ? "*" : i}) ${argumentAction(argument)} ;;`,
  );
}

function argumentAction({ isPath, words }: CompletionArgument): string {
  return isPath ? "is_path=yes" : `words="${words.join(" ")}"`;
}
