/**
 * What kill(2) says of processes that need no signal any more: there are none (ESRCH), or what is left of
 * the group belongs to somebody else (EPERM), as under `sudo -u`.
 */
export function isGone(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM")
  );
}
