/** Completions for fish, one line for each thing that may follow; with descriptions. */

import type { CompletionPlace } from "./shape.ts";

export function fishCompletions(places: readonly CompletionPlace[]): string {
  const groups = places.filter(({ commands }) => commands.length > 0);
  const paths = groups.flatMap(({ path, commands }) =>
    commands.map(({ name }) => quote(`${path} ${name}`)),
  );
  return `# Completions of gity for fish, made by 'gity completions fish'.
function __gity_at --description 'Whether the words so far lead to this command of gity'
    set -l path gity
    for word in (commandline -opc)[2..]
        switch "$path $word"
            case ${paths.join(" ")}
                set path "$path $word"
        end
    end
    test "$path" = "$argv"
end

complete -c gity -e
complete -c gity -f
${places.flatMap(linesOf).join("\n")}
`;
}

function linesOf({ path, commands, flags, arguments: all }: CompletionPlace): readonly string[] {
  const here = `complete -c gity -n ${quote(`__gity_at ${path}`)}`;
  const isPath = all.some((argument) => argument.isPath);
  const words = all.flatMap((argument) => argument.words);
  return [
    ...commands.map(({ name, says }) => `${here} -a ${quote(name)} -d ${quote(says)}`),
    ...flags.map(({ name, hasValue, words: values, says }) => {
      const value = hasValue
        ? ` -x${values.length === 0 ? "" : ` -a ${quote(values.join(" "))}`}`
        : "";
      return `${here} -l ${name.slice(2)}${value} -d ${quote(says)}`;
    }),
    ...(isPath ? [`${here} -F`] : []),
    ...(words.length === 0 ? [] : [`${here} -a ${quote(words.join(" "))}`]),
  ];
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
