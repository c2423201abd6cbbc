/**
 * Everything that can be seen of a tree, by find(1) and sha256sum(1): nothing of gity's is leant on, and names may be
 * any bytes.
 */

/** One line an entry, latin1: kind, permissions, size, time, where a link leads; then the contents; then which names
 *  are of one file. */
export function wholeTree(root: string): readonly string[] {
  const entries = lines(root, ["find", ".", "-printf", String.raw`%p %y %m %T@ %l\0`]);
  const contents = lines(root, ["find", ".", "-type", "f", "-exec", "sha256sum", "-z", "{}", "+"]);
  const files = lines(root, ["find", ".", "-type", "f", "-printf", String.raw`%i %p\0`]);
  return [...entries, ...contents, ...groups(files)];
}

function lines(root: string, command: string[]): readonly string[] {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { cwd: root, stderr: "pipe" });
  if (exitCode !== 0) {
    throw new Error(`${command.join(" ")} failed: ${stderr.toString()}`);
  }
  return stdout.toString("latin1").split("\0").slice(0, -1).toSorted();
}

function groups(files: readonly string[]): readonly string[] {
  const names = Map.groupBy(files, (line) => line.slice(0, line.indexOf(" ")));
  return [...names.values()]
    .filter((group) => group.length > 1)
    .map(
      (group) =>
        `same: ${group
          .map((line) => line.slice(line.indexOf(" ")))
          .toSorted()
          .join()}`,
    )
    .toSorted();
}
