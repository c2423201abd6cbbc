/** Small programs that gity is measured against, compiled on the spot. */

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { PROJECT_ROOT } from "../test/support/built.ts";
import { tempDir, type TempDir } from "../test/support/temp-dir.ts";

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

/**
 * Listens at the path it is given and answers every request with one token and nothing changed, in the
 * packets of git's simple-IPC. Says a word when it listens.
 */
const SERVER_IN_C = String.raw`
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (argc < 2 || strlen(argv[1]) >= sizeof(address.sun_path)) return 1;
  strcpy(address.sun_path, argv[1]);
  if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 50)) return 1;
  puts("listening");
  fflush(stdout);
  for (;;) {
    char request[4096];
    ssize_t end = 0, count = 1;
    int client = accept(listener, NULL, NULL);
    /* Up to the flush packet: git is killed by SIGPIPE when it still writes. */
    while ((end < 4 || memcmp(request + end - 4, "0000", 4)) && count > 0) {
      count = read(client, request + end, sizeof(request) - end);
      end += count > 0 ? count : 0;
    }
    if (count > 0) {
      if (write(client, "000bnull:1\0", 11) != 11 || write(client, "0000", 4) != 4) return 1;
    }
    close(client);
  }
}
`;

/** Undefined where there is no C compiler. */
export function compileServerInC(folder: string): string | undefined {
  return compileInC(folder, "server-c", SERVER_IN_C);
}

/** Undefined where there is no C compiler. */
export function compileHookInC(folder: string): string | undefined {
  return compileInC(folder, "hook-c", HOOK_IN_C, "-static");
}

function compileInC(
  folder: string,
  name: string,
  code: string,
  ...options: string[]
): string | undefined {
  const source = join(folder, `${name}.c`);
  const program = join(folder, name);
  writeFileSync(source, code);
  const compiler = Bun.which("gcc") ?? Bun.which("cc");
  if (compiler === null) {
    return undefined;
  }
  const result = Bun.spawnSync([compiler, "-O2", ...options, "-o", program, source]);
  return result.exitCode === 0 ? program : undefined;
}

/**
 * A folder for programs that are compared: on a disk, as programs are, wherever the trees may be. One that lies on tmpfs
 * takes longer to start, and the more of it is used the longer: its pages are mapped one by one.
 */
export function programsFolder(): TempDir {
  return tempDir("bench-programs", join(PROJECT_ROOT, ".cache"));
}

/**
 * A copy that was just written, as the programs are that it is compared with. One that the kernel read in
 * bit by bit, as it was needed, takes 1.5 to 2 ms longer to start: its pages are small ones.
 */
export function freshCopy(program: string, folder: string): string {
  const copy = join(folder, basename(program));
  // Written, and not copied by the kernel, which would leave the reading for later.
  writeFileSync(copy, readFileSync(program), { mode: 0o755 });
  return copy;
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
