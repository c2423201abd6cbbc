/** Small programs that gity is measured against, compiled on the spot. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Answers "nothing changed" with the token it was given, in whatever language. */
const HOOK_IN_C = String.raw`
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
  const char *token = argc > 2 ? argv[2] : "";
  return write(1, token, strlen(token) + 1) < 0;
}
`;

const HOOK_IN_TYPESCRIPT = `
import { writeSync } from "node:fs";
writeSync(1, (process.argv[3] ?? "") + "\\0");
`;

const NINE_BYTES_IN_TYPESCRIPT = `
import { writeSync } from "node:fs";
writeSync(1, "12345678\\n");
`;

/** Undefined where there is no C compiler. */
export function compileHookInC(folder: string): string | undefined {
  const source = join(folder, "hook.c");
  const program = join(folder, "hook-c");
  writeFileSync(source, HOOK_IN_C);
  const compiler = Bun.which("gcc") ?? Bun.which("cc");
  if (compiler === null) {
    return undefined;
  }
  const result = Bun.spawnSync([compiler, "-O2", "-static", "-o", program, source]);
  return result.exitCode === 0 ? program : undefined;
}

export function compileHookInBun(folder: string): Promise<string> {
  return compileInBun(folder, "hook-bun", HOOK_IN_TYPESCRIPT);
}

export function compileNineBytesInBun(folder: string): Promise<string> {
  return compileInBun(folder, "nine-bytes", NINE_BYTES_IN_TYPESCRIPT);
}

/** With the options of src/build.ts, so that only the program makes the difference. */
async function compileInBun(folder: string, name: string, code: string): Promise<string> {
  const source = join(folder, `${name}.ts`);
  const program = join(folder, name);
  writeFileSync(source, code);
  await Bun.build({
    entrypoints: [source],
    format: "esm",
    bytecode: true,
    minify: true,
    compile: {
      outfile: program,
      autoloadBunfig: false,
      autoloadDotenv: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  return program;
}
