/** Runs a step as a process would that was started elsewhere: in another folder, with other variables. */

/** Undefined removes a variable. One at a time. */
export async function inPlace<Value>(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
  step: () => Promise<Value>,
): Promise<Value> {
  const cwd = process.cwd();
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  process.chdir(folder);
  setVariables(Object.entries(environment));
  try {
    return await step();
  } finally {
    process.chdir(cwd);
    setVariables(before);
  }
}

function setVariables(entries: readonly (readonly [string, string | undefined])[]): void {
  for (const [name, value] of entries) {
    if (value === undefined) {
      // oxlint-disable-next-line typescript/no-dynamic-delete -- Nothing else removes one.
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
}
