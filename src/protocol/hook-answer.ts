/**
 * The bytes git reads from a file-system-monitor hook (githooks(5), "fsmonitor-watchman";
 * fsmonitor.c, query_fsmonitor_hook()).
 *
 * Version 2 is `<token> NUL { <path> NUL }`. Version 1 has no token. In both, a first path that
 * begins with `/` means "anything may have changed".
 */

const NUL = 0;
const SLASH = 0x2f;

/** `token NUL / NUL`: the answer that is always right, and slow. */
export function encodeUnknown(token: string): Uint8Array {
  return Buffer.from(`${token}\0/\0`, "latin1");
}

/** Version 1's "anything may have changed". An empty answer would mean that nothing has. */
export const UNKNOWN_VERSION_1: Uint8Array = new Uint8Array([SLASH, NUL]);

/** `paths` are the bytes of all paths, each closed by NUL, exactly as the kernel gave them. */
export function encodeChanged(token: string, paths: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Buffer.from(`${token}\0`, "latin1"), ...paths]);
}
