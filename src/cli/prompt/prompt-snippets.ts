/**
 * What a shell reads once, so that its prompt says what `gity prompt` says.
 *
 * None of it waits longer than `gity prompt` itself does, takes anything away that the user has, or changes what
 * `$?` is for what runs after it. Read twice, it does the same as once.
 */

import { quoteWord } from "../../base/quote-word.ts";

/** `options`: further words for `gity prompt`. */
export type Snippet = (options: readonly string[]) => string;

export const SNIPPETS: Readonly<Record<string, Snippet>> = { bash, zsh, fish, starship, tmux };

/** The array of newer versions is kept one; what ends a string of older ones may be a comment, or a `;`. */
function bash(options: readonly string[]): string {
  return `# gity's prompt for bash, made by 'gity prompt --init bash'; in ~/.bashrc, behind what sets PS1:
#   eval "$(gity prompt --init bash)"
# \${GITY_PROMPT} is what it says. Put it into PS1, in single quotes, where you like it; else it comes first.
__gity_prompt() {
  local last=$?
  GITY_PROMPT=$(${shellCall("bash", options)}) || GITY_PROMPT=
  return "$last"
}
case "\${PROMPT_COMMAND[*]-}" in
  *__gity_prompt*) ;;
  *)
    if [[ "$(declare -p PROMPT_COMMAND 2>/dev/null)" == "declare -a"* ]]; then
      PROMPT_COMMAND=(__gity_prompt "\${PROMPT_COMMAND[@]}")
    else
      PROMPT_COMMAND="__gity_prompt\${PROMPT_COMMAND:+
$PROMPT_COMMAND}"
    fi
    ;;
esac
[[ \${PS1-} == *GITY_PROMPT* ]] || PS1='\${GITY_PROMPT:+$GITY_PROMPT }'\${PS1-}
`;
}

/** With PROMPT_BANG a prompt has a meaning for `!`, too. */
function zsh(options: readonly string[]): string {
  return `# gity's prompt for zsh, made by 'gity prompt --init zsh'; in ~/.zshrc, behind what sets PROMPT:
#   eval "$(gity prompt --init zsh)"
# \${GITY_PROMPT} is what it says. Put it into PROMPT or RPROMPT, in single quotes, where you like it; else it
# comes first.
__gity_prompt() {
  local last=$?
  typeset -g GITY_PROMPT
  GITY_PROMPT=$(${shellCall("zsh", options)}) || GITY_PROMPT=
  [[ ! -o prompt_bang ]] || GITY_PROMPT=\${GITY_PROMPT//\\!/!!}
  return $last
}
autoload -Uz add-zsh-hook
add-zsh-hook precmd __gity_prompt
setopt prompt_subst
[[ "\${PROMPT-}\${RPROMPT-}" == *GITY_PROMPT* ]] || PROMPT='\${GITY_PROMPT:+$GITY_PROMPT }'\${PROMPT-}
`;
}

/** fish's own prompts, and most others, call fish_git_prompt, once they have looked at the status. */
function fish(options: readonly string[]): string {
  const words = ["gity", "prompt", "--color=ansi", ...options].map(quoteForFish).join(" ");
  return `# gity's prompt for fish, made by 'gity prompt --init fish'; in ~/.config/fish/config.fish:
#   gity prompt --init fish | source
# It takes the place of fish_git_prompt, which fish's own prompts call, and your own can.
function fish_git_prompt --description 'What gity says about the worktree'
    set -l text (${words} </dev/null 2>/dev/null)
    test -n "$text"
    or return 1
    set -l format $argv[1]
    test -n "$format"
    or set format ' (%s)'
    printf "$format" "$text"
end
`;
}

/** It takes care of the shell itself: of names since version 1.20, of colours since ever. */
function starship(options: readonly string[]): string {
  return `# gity's prompt for starship (1.20 or later), made by 'gity prompt --init starship'; in ~/.config/starship.toml.
# It says what git_branch, git_commit, git_state and git_status say: disable those you do not want twice.
[custom.gity]
description = "What gity says about the worktree"
command = ${JSON.stringify(shellCall("ansi", options))}
when = true
shell = ["sh"]
format = "($output )"
`;
}

/**
 * The folder is the one of the pane's shell, by the number of its process: tmux would write the name of a folder
 * into a command, and not every name is safe there. It expands times (%) and formats (#) in all of it.
 */
function tmux(options: readonly string[]): string {
  const escaped = options.map((option) => option.replaceAll("%", "%%").replaceAll("#", "##"));
  const line = ` #(${shellCall("tmux", escaped, "/proc/#{pane_pid}/cwd")})`;
  return `# gity's prompt for tmux, made by 'gity prompt --init tmux'; in ~/.tmux.conf, behind what sets status-right.
set -ga status-right ${quoteForTmux(line)}
set -g status-right-length 120
`;
}

/** `folder`: as it stands in the command. */
function shellCall(dialect: string, options: readonly string[], folder?: string): string {
  const words = ["gity", "prompt", `--color=${dialect}`, ...options].map(quoteWord);
  return [...words, ...(folder === undefined ? [] : [folder]), "</dev/null", "2>/dev/null"].join(
    " ",
  );
}

function quoteForFish(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll(/[\\']/g, (character) => `\\${character}`)}'`;
}

/** In double quotes `$` and `\` mean something, in single ones nothing does, and nothing can end them. */
function quoteForTmux(text: string): string {
  return text
    .split("'")
    .map((part) => `'${part}'`)
    .join(`"'"`);
}
