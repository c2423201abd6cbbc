/** What a promise fails with; `expect().rejects` is not a promise to the type checker. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("the promise was expected to fail");
}
