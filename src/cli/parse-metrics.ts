/**
 * Prometheus' text format as values, for `--json`: what our own daemon writes, not everything that
 * could be written.
 */

export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  /** Of a histogram: the name of the family, and what it is about. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const COMMENT = /^# (HELP|TYPE) (\S+) (.*)$/;
const SAMPLE = /^(\w+)(?:\{(.*)\})? ([-+]?\d[\d.e+-]*)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)",?/g;

/** Families in their order. Lines that are none of ours are passed over. */
export function parseMetrics(text: string): readonly MetricFamily[] {
  const families: { name: string; help: string; type: string; samples: MetricSample[] }[] = [];
  for (const line of text.split("\n")) {
    const [, kind, name = "", rest = ""] = COMMENT.exec(line) ?? [];
    const last = families.at(-1);
    if (kind === "HELP") {
      families.push({ name, help: unescape(rest), type: "untyped", samples: [] });
    } else if (kind === "TYPE" && last !== undefined) {
      last.type = rest;
    } else if (kind === undefined) {
      const sample = parseSample(line);
      if (sample !== undefined) {
        last?.samples.push(sample);
      }
    }
  }
  return families;
}

function parseSample(line: string): MetricSample | undefined {
  const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
  return name === undefined || value === undefined
    ? undefined
    : {
        name,
        labels: Object.fromEntries(
          [...labels.matchAll(LABEL)].map(([, key = "", text = ""]) => [key, unescape(text)]),
        ),
        value: Number(value),
      };
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) =>
    character === "n" ? "\n" : character,
  );
}
