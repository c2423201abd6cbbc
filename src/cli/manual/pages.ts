/**
 * The manual pages, one for gity and one for each command, from the commands' own definitions; in mdoc(7),
 * which mandoc and groff read.
 */

import type { Terms } from "../command.ts";
import type { CommandReference } from "../reference.ts";
import {
  CONFIGURATION,
  ENVIRONMENT,
  EXIT_CODES,
  FILES,
  MANUAL_DATE,
  type ManualFact,
  REPOSITORY_CONFIGURATION,
} from "./facts.ts";
import { definitions, display, paragraphs, section, text, word } from "./mdoc.ts";

export interface ManualPage {
  /** `gity-daemon-start.1`. */
  readonly file: string;
  readonly text: string;
}

interface Program {
  readonly version: string;
  readonly description: string;
}

export function manualPages(
  program: Program,
  references: readonly CommandReference[],
): readonly ManualPage[] {
  return [
    mainPage(program, references),
    ...references.map((reference) => commandPage(program, reference)),
  ];
}

function mainPage(
  { version, description }: Program,
  references: readonly CommandReference[],
): ManualPage {
  return page("gity", version, [
    ...section("NAME", [".Nm gity", `.Nd ${word(description)}`]),
    ...section("SYNOPSIS", [
      ".Nm gity",
      ".Ar COMMAND",
      ".Op Ar ARGUMENT ...",
      ".Nm gity",
      ".Fl -help",
      ".Nm gity",
      ".Fl -version",
    ]),
    ...section("DESCRIPTION", [
      ...paragraphs([
        "A daemon watches repositories and tells git which paths changed, so that git looks at these instead of at everything. When it cannot be certain it answers that anything may have changed, and git looks for itself.",
        "The commands are:",
      ]),
      ...definitions(
        references.map(({ path, summary }) => ({
          head: `Xr ${pageName(path)} 1`,
          says: summary,
        })),
      ),
    ]),
    ...section("CONFIGURATION", [
      ...paragraphs(["Set with git config --global:"]),
      ...settings(CONFIGURATION),
      ".Pp",
      ...paragraphs([
        "Set with git config for one repository, or with git config --global for all of them:",
      ]),
      ...settings(REPOSITORY_CONFIGURATION),
    ]),
    ...section(
      "ENVIRONMENT",
      definitions(ENVIRONMENT.map(({ name, says }) => ({ head: `Ev ${name}`, says }))),
    ),
    ...section(
      "FILES",
      definitions(FILES.map(({ name, says }) => ({ head: `Pa ${text(name)}`, says }))),
    ),
    ...section(
      "EXIT STATUS",
      definitions(EXIT_CODES.map(([code, says]) => ({ head: String(code), says }))),
    ),
    ...section("EXAMPLES", [
      ...paragraphs(["Let git ask gity in the repository of the current folder:"]),
      ...display(["gity register"]),
    ]),
    ...section("SEE ALSO", [".Xr git-config 1 ,", ".Xr git-status 1 ,", ".Xr git-update-index 1"]),
  ]);
}

function settings(facts: readonly ManualFact[]): readonly string[] {
  return definitions(facts.map(({ name, says }) => ({ head: `Cm ${name}`, says })));
}

function commandPage({ version }: Program, reference: CommandReference): ManualPage {
  const { path, summary, description } = reference;
  const name = pageName(path);
  return page(name, version, [
    ...section("NAME", [`.Nm ${name}`, `.Nd ${word(summary)}`]),
    ...section("SYNOPSIS", [
      `.Nm ${word(path)}`,
      ...reference.flags.map((flag) => `.Op ${flagMacro(flag.name, flag.value)}`),
      ...reference.arguments.map((argument) =>
        argument.isRequired ? `.Ar ${argument.name}` : `.Op Ar ${argument.name}`,
      ),
    ]),
    ...section("DESCRIPTION", [
      ...paragraphs([description.split("\n").map(closed).join(" ")]),
      ...definitions([
        ...reference.arguments.map(({ name: head, says }) => ({ head: `Ar ${head}`, says })),
        ...reference.flags.map(({ name: flag, value, says }) => ({
          head: flagMacro(flag, value),
          says,
        })),
        { head: "Fl -help", says: "show a short help" },
      ]),
    ]),
    ...(reference.terms === undefined ? [] : termsSection(reference.terms)),
    ...section("EXIT STATUS", [
      ...paragraphs(["The exit codes of all commands are in"]),
      ".Xr gity 1 .",
    ]),
    ...section(
      "EXAMPLES",
      reference.examples.flatMap(({ line, says }, i) => [
        ...(i === 0 ? [] : [".Pp"]),
        ...paragraphs([`${capitalized(says)}:`]),
        ...display([line]),
      ]),
    ),
    ...section("SEE ALSO", [".Xr gity 1"]),
  ]);
}

function termsSection({ title, terms }: Terms): readonly string[] {
  const items = terms.map(({ name, says }) => ({ head: `Li ${word(name)}`, says }));
  return section(title.toUpperCase(), definitions(items));
}

function page(name: string, version: string, lines: readonly string[]): ManualPage {
  const head = [
    `.\\" Made from the definitions of the commands.`,
    `.Dd ${MANUAL_DATE}`,
    `.Dt ${name.toUpperCase()} 1`,
    `.Os ${word(`gity ${version}`)}`,
  ];
  return { file: `${name}.1`, text: `${[...head, ...lines].join("\n")}\n` };
}

function pageName(path: string): string {
  return path.replaceAll(" ", "-");
}

/** With a full stop. */
function closed(line: string): string {
  return /[.,:]$/.test(line) ? line : `${line}.`;
}

/** `--since TOKEN`: the macro puts the first dash. */
function flagMacro(name: string, value: string | undefined): string {
  const flag = `Fl ${name.slice(1)}`;
  return value === undefined ? flag : `${flag} Ar ${word(value)}`;
}

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
