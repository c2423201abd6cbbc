/** What a script of git's test suite printed (TAP): text to values. */

export type TestState =
  | "passed"
  | "failed"
  /** The machine lacks something, or the script was told to leave it out. */
  | "skipped"
  /** Fails, and git's authors know. */
  | "known-breakage";

export interface SuiteTest {
  readonly number: number;
  readonly title: string;
  readonly state: TestState;
}

export interface TapReport {
  readonly tests: readonly SuiteTest[];
  /** The plan stands at the end: without it the script did not get there. */
  readonly isComplete: boolean;
}

const TEST_LINE = /^(?<not>not )?ok (?<number>\d+)(?: -)? ?(?<title>.*)$/;
const PLAN_LINE = /^1\.\.\d+/;

export function parseTap(text: string): TapReport {
  const tests: SuiteTest[] = [];
  let isComplete = false;
  for (const line of text.split("\n")) {
    const found = TEST_LINE.exec(line)?.groups;
    if (found !== undefined) {
      const title = found["title"] ?? "";
      const state = testState(found["not"] !== undefined, title);
      tests.push({ number: Number(found["number"]), title, state });
    }
    isComplete ||= PLAN_LINE.test(line);
  }
  return { tests, isComplete };
}

function testState(isNotOk: boolean, title: string): TestState {
  if (isNotOk) {
    return title.includes("# TODO known breakage") ? "known-breakage" : "failed";
  }
  return title.startsWith("# skip") ? "skipped" : "passed";
}
