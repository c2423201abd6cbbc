/** Promise.withResolvers(), which Node has from 22 on. */

export interface SettledLater<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

export function settledLater<Value>(): SettledLater<Value> {
  let parts: Omit<SettledLater<Value>, "promise"> | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    parts = { resolve, reject };
  });
  if (parts === undefined) {
    throw new TypeError("a promise did not call its executor");
  }
  return { promise, ...parts };
}
