/** The few words of mdoc(7) that the manual pages need. Text goes through text() or word() first. */

/** Marks what roff would take for its own, in running text. */
export function text(plain: string): string {
  return plain
    .replaceAll("\\", "\\e")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll(/^\./gm, "\\&.");
}

/** Something to be typed as it is: a hyphen stays one. */
export function literal(plain: string): string {
  return text(plain).replaceAll("-", "\\-");
}

/** One argument of a macro, which is not looked at for macros. */
export function word(plain: string): string {
  return `"${text(plain).replaceAll('"', "\\(dq")}"`;
}

export function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`.Sh ${title}`, ...lines];
}

/** mandoc(1) wants no line to be longer, and a new sentence on a new line. */
const COLUMNS_MAX = 78;

/** Paragraphs of running text. */
export function paragraphs(plain: readonly string[]): readonly string[] {
  return plain.flatMap((paragraph, i) => [
    ...(i === 0 ? [] : [".Pp"]),
    ...paragraph.split(/(?<=\.) /).flatMap(wrapped),
  ]);
}

function wrapped(sentence: string): readonly string[] {
  const lines = [""];
  for (const each of sentence.split(" ").map(text)) {
    const line = lines.at(-1) ?? "";
    if (line === "") {
      lines[lines.length - 1] = each;
    } else if (line.length + each.length < COLUMNS_MAX) {
      lines[lines.length - 1] = `${line} ${each}`;
    } else {
      lines.push(each);
    }
  }
  return lines;
}

/** Names, each with what it is. The heads are macros with their arguments. */
export function definitions(
  items: readonly { readonly head: string; readonly says: string }[],
): readonly string[] {
  return items.length === 0
    ? []
    : [
        ".Bl -tag -width Ds",
        ...items.flatMap(({ head, says }) => [`.It ${head}`, ...paragraphs([says])]),
        ".El",
      ];
}

/** Lines that stay as they are. */
export function display(lines: readonly string[]): readonly string[] {
  return [".Bd -literal -offset indent", ...lines.map(literal), ".Ed"];
}
