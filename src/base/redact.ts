/**
 * Takes secrets out of text that is about to be written down: passwords and tokens in addresses, in
 * queries, in headers, and those that are known by their shape.
 *
 * In doubt something is taken out: a log that lacks a host is a smaller harm than one with a password.
 * Every step takes time in proportion to the text, whatever is in it; and what was done once is done.
 */

const MASK = "***";

/** Where a user and a host may follow: `https://`, also as JSON writes it (`:\/\/`), as a path that was
 *  made of it has it (`:/`), and percent-encoded. */
const SCHEME_END = /[a-z0-9+.-](?::(?:\\*\/)+|%3a(?:%2f)+)/gi;

const AUTHORITY = /[^\s/?#\\]*/y;
const ENCODED_AUTHORITY = /(?:(?!%2f|%3f|%23)[^\s/?#&"'<>])*/iy;

/** What is before an equals sign, or in quotes before a colon. The lookbehind makes each run of such
 *  characters be looked at from its beginning only. */
const NAME = /(?<![\w.-])[\w.-]+(?:=|%3d|\\*["']\s*[:=]\s*(?=\\*["']))/gi;
const VALUE = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\\+"[^"]*"?|\\+'[^']*'?|[^\s&"'<>;,)]*/sy;

const SECRET_NAME =
  /token|passw|passphrase|pwd|secret|signature|(?<![a-z])sig(?![a-z])|api[._-]?key|access[._-]?key|private[._-]?key|credential|auth(?!or(?!iz))/i;

const HEADER =
  /\b((?:proxy-)?authorization|private-token|x-api-key|set-cookie)(\\*["']?\s*[:=]\s*)[^\r\n]*/gi;

const BEARER = /\b(bearer)\s+[\w.~+/=-]+/gi;

/** Tokens of GitHub, GitLab, Slack and Amazon. */
const SHAPES =
  /\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|AKIA[0-9A-Z]{16})/g;

export function redact(text: string): string {
  return maskNamed(
    maskAddresses(text)
      .replaceAll(HEADER, `$1$2${MASK}`)
      .replaceAll(BEARER, `$1 ${MASK}`)
      .replaceAll(SHAPES, MASK),
  );
}

/** Whether what has this name is a secret whatever it looks like. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Everything before the host: a token may stand where the user's name does. */
function maskAddresses(text: string): string {
  const ahead = new LookAhead(text);
  let masked = "";
  let end = 0;
  for (const { index, 0: separator } of text.matchAll(SCHEME_END)) {
    const from = index + separator.length;
    if (from >= end) {
      const at = endOfUser(text, from, separator.includes("%"), ahead);
      if (at !== undefined) {
        masked += `${text.slice(end, from)}${MASK}`;
        end = at;
      }
    }
  }
  return masked + text.slice(end);
}

/** Where the `@` is that ends the user's name and password; undefined when there are none. */
function endOfUser(
  text: string,
  from: number,
  isEncoded: boolean,
  ahead: LookAhead,
): number | undefined {
  const authority = matchAt(isEncoded ? ENCODED_AUTHORITY : AUTHORITY, text, from);
  const plain = authority.lastIndexOf("@");
  const at = plain === -1 ? authority.toLowerCase().lastIndexOf("%40") : plain;
  if (at !== -1) {
    return from + at;
  }
  const [, port] = authority.split(/:|%3a/i, 2);
  if (port === undefined) {
    return undefined;
  }
  // A password may hold what ends an authority, or be cut off from it by a blank.
  return (
    ahead.lastAt(from, "word") ?? (/^\d*$/.test(port) ? undefined : ahead.lastAt(from, "line"))
  );
}

/** Where the next `@`, blank and newline are, each looked for once. Asked with growing positions. */
class LookAhead {
  readonly #text: string;
  #at = -1;
  #wordEnd = -1;
  #lineEnd = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** The last `@` from `from` to the end of the word, or of the line. */
  lastAt(from: number, within: "word" | "line"): number | undefined {
    if (this.#at < from) {
      this.#at = orEnd(this.#text.indexOf("@", from), this.#text);
    }
    const end = within === "word" ? this.#endOfWord(from) : this.#endOfLine(from);
    return this.#at < end ? this.#text.lastIndexOf("@", end - 1) : undefined;
  }

  #endOfWord(from: number): number {
    if (this.#wordEnd < from) {
      this.#wordEnd = from + matchAt(/\S*/y, this.#text, from).length;
    }
    return this.#wordEnd;
  }

  #endOfLine(from: number): number {
    if (this.#lineEnd < from) {
      this.#lineEnd = orEnd(this.#text.indexOf("\n", from), this.#text);
    }
    return this.#lineEnd;
  }
}

function orEnd(index: number, text: string): number {
  return index === -1 ? text.length : index;
}

/** `access_token=…`, `"password": "…"`. */
function maskNamed(text: string): string {
  let masked = "";
  let end = 0;
  for (const { index, 0: name } of text.matchAll(NAME)) {
    const from = index + name.length;
    if (index >= end && isSecretName(name)) {
      masked += `${text.slice(end, from)}${MASK}`;
      end = from + matchAt(VALUE, text, from).length;
    }
  }
  return masked + text.slice(end);
}

/** What a sticky pattern that may be empty matches there. */
function matchAt(pattern: RegExp, text: string, from: number): string {
  pattern.lastIndex = from;
  return pattern.exec(text)?.[0] ?? "";
}
