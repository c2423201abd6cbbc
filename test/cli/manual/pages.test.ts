/** The manual pages: what they say, and that those who read them have nothing to complain about. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { ERRORS, TERMINATED_EXIT_CODE } from "../../../src/base/errors.ts";
import { EXIT_CODES } from "../../../src/cli/manual/facts.ts";
import { manualPages } from "../../../src/cli/manual/pages.ts";
import { allReferences } from "../../../src/cli/reference.ts";
import { programTest } from "../../support/program-test.ts";
import { tempDir } from "../../support/temp-dir.ts";

const references = await allReferences();
const PAGES = manualPages({ version: "1.2.3", description: "Is fast" }, references);

test("manualPages() has a page for gity and one for every command, with all that it takes", () => {
  expect(PAGES.map(({ file }) => file)).toEqual([
    "gity.1",
    ...references.map(({ path }) => `${path.replaceAll(" ", "-")}.1`),
  ]);
  for (const [i, reference] of references.entries()) {
    const page = PAGES[i + 1]?.text ?? "";
    for (const { name } of reference.flags) {
      expect(page).toContain(`.It Fl ${name.slice(1)}`);
    }
    for (const { line } of reference.examples) {
      expect(page).toContain(
        line
          .replaceAll("\\", "\\e")
          .replaceAll("'", "\\(aq")
          .replaceAll("~", "\\(ti")
          .replaceAll("-", "\\-"),
      );
    }
  }
});

test("the exit codes of the manual are those of the errors", () => {
  const codes = new Set(Object.values(ERRORS).map(({ exitCode }) => exitCode as number));

  expect(EXIT_CODES.map(([code]) => code)).toEqual(
    [0, 1, ...codes, TERMINATED_EXIT_CODE].toSorted((left, right) => left - right),
  );
});

/** Other pages are not installed where the tests run, and the system's name is gity's own. */
const ACCEPTED = /STYLE: (?:referenced manual not found|operating system explicitly)|mandoc\.db/;

programTest("mandoc", "mandoc has nothing to complain about", () => {
  using folder = tempDir("manual");
  const files = PAGES.map(({ file, text }) => {
    writeFileSync(folder.join(file), text);
    return folder.join(file);
  });

  const { stdout, stderr } = Bun.spawnSync(["mandoc", "-Tlint", ...files]);

  const complaints = `${stdout.toString()}${stderr.toString()}`.split("\n");
  expect(complaints.filter((line) => line !== "" && !ACCEPTED.test(line))).toEqual([]);
});

programTest("groff", "groff has nothing to complain about", () => {
  for (const { text } of PAGES) {
    const { exitCode, stderr } = Bun.spawnSync(["groff", "-mandoc", "-Tutf8", "-ww", "-z"], {
      stdin: Buffer.from(text),
    });
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  }
});
