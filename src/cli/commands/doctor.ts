/** `gity doctor`: is everything as it should be, and what cures it if not? */

import { resolve } from "node:path";

import { currentHome } from "../../client/connect.ts";
import type { DoctorReport, Finding, Severity } from "../../protocol/doctor.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { diagnose } from "../doctor/diagnose.ts";
import { repair, type Repairs } from "../doctor/repair.ts";
import { printJson, printLines, visible } from "../output.ts";
import { type Paint, paintFor, STDOUT, type Style } from "../terminal.ts";

const SOMETHING_IS_WRONG = 1;

export default gityCommand({
  name: "doctor",
  description:
    "Look for what keeps git from asking gity, or makes it slow; exit code 1 if something is wrong",
  args: {
    path: {
      type: "positional",
      required: false,
      description: "any file or folder in a worktree (everything that is registered)",
      valueHint: "PATH",
    },
    fix: {
      type: "boolean",
      default: false,
      description: "repair what gity can repair, and say what was done",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity doctor", says: "everything that is registered" },
    { line: "gity doctor --fix", says: "start the daemon, configure git again, and the like" },
    { line: "gity doctor --json .", says: "the repository of the current folder, for a program" },
  ],
  run: async ({ path, fix, json }, { build, executable, examineStore }) => {
    const question = {
      layout: currentHome(),
      build,
      executable,
      path: path === undefined ? undefined : resolve(path),
      currentFolder: process.cwd(),
      examineStore,
    };
    const first = await diagnose(question);
    const repairs: Repairs = fix
      ? await repair(first, () => diagnose(question))
      : { fixed: [], failed: [], diagnoses: first };
    const report = toReport(repairs, build.version);
    if (json) {
      printJson(report);
    } else {
      printLines(linesOf(report, paintFor(STDOUT)));
    }
    return report.healthy ? 0 : SOMETHING_IS_WRONG;
  },
});

function toReport({ fixed, failed, diagnoses }: Repairs, version: string): DoctorReport {
  const findings = diagnoses.all.map(({ finding }) => finding);
  return {
    healthy: !findings.some(({ severity }) => severity === "error"),
    version,
    daemonVersion: diagnoses.daemonVersion,
    gits: diagnoses.gits,
    findings,
    fixed,
    failed,
  };
}

const SEVERITY_STYLES: Readonly<Record<Severity, Style>> = {
  ok: "good",
  warning: "doubtful",
  error: "bad",
};

function linesOf({ fixed, failed, findings }: DoctorReport, paint: Paint): readonly string[] {
  return [
    ...fixed.map((text) => `${paint("fixed:", "good")} ${visible(text)}`),
    ...failed.map((text) => `${paint("not fixed:", "bad")} ${visible(text)}`),
    ...findings.flatMap((finding) => linesOfFinding(finding, paint)),
  ];
}

function linesOfFinding({ severity, message, cure }: Finding, paint: Paint): readonly string[] {
  return [
    `${paint(`${severity}:`, SEVERITY_STYLES[severity])} ${visible(message)}`,
    ...(cure === null ? [] : [`  ${paint("hint:", "heading")} ${visible(cure)}`]),
  ];
}
