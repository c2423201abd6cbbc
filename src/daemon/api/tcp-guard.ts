/**
 * Who may ask on an address of this machine: whoever can read the token in gity's home.
 *
 * Every user of the machine can connect there, and every web page a browser shows can make it send
 * something. So the token is asked for with every request, before anything else is looked at; the Host
 * must be the address (a page of another name that leads here is refused), and no other origin is ever
 * allowed to read an answer.
 */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { constants, openSync, closeSync, fstatSync, readFileSync, writeSync } from "node:fs";

import { GityError } from "../../base/errors.ts";

export interface TcpAddress {
  readonly hostname: string;
  /** 0: any that is free. */
  readonly port: number;
}

const TOKEN_BYTES = 32;
const TOKEN_SHAPE = /^[\w-]{43}$/;
const SCHEME = "tcp://";

/**
 * From GITY_DAEMON_ADDR: `tcp://127.0.0.1:7557`. Undefined when it is not set.
 *
 * @throws GityError INVALID_REQUEST for anything but an address of this machine's own: what is said is
 * not encrypted, the token neither.
 */
export function parseTcpAddress(text: string | undefined): TcpAddress | undefined {
  if (text === undefined || text === "") {
    return undefined;
  }
  const [, hostname = "", digits = ""] =
    /^(127(?:\.\d{1,3}){3}|localhost|\[::1\]):(\d{1,5})$/.exec(
      text.startsWith(SCHEME) ? text.slice(SCHEME.length) : "",
    ) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65_535) {
    throw new GityError("INVALID_REQUEST", `cannot listen on '${text}'`, {
      hint: "GITY_DAEMON_ADDR is an address of this machine's own, such as tcp://127.0.0.1:7557",
    });
  }
  return { hostname, port };
}

/** Makes one where there is none. @throws GityError PERMISSION_DENIED, DAEMON_FAILED */
export function loadToken(path: string): string {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (error) {
    throw new GityError("PERMISSION_DENIED", `cannot open the token's file '${path}'`, {
      cause: error,
    });
  }
  try {
    const { mode, uid } = fstatSync(fd);
    if ((mode & 0o077) !== 0 || uid !== process.getuid?.()) {
      throw new GityError("PERMISSION_DENIED", `others may read the token in '${path}'`, {
        hint: `remove it, and start the daemon again`,
      });
    }
    const text = readFileSync(fd, "latin1").trim();
    if (text === "") {
      const token = randomBytes(TOKEN_BYTES).toString("base64url");
      writeSync(fd, `${token}\n`);
      return token;
    }
    if (!TOKEN_SHAPE.test(text)) {
      throw new GityError("DAEMON_FAILED", `there is no token in '${path}'`, {
        hint: "remove the file, and start the daemon again",
      });
    }
    return text;
  } finally {
    closeSync(fd);
  }
}

export class TcpGuard {
  readonly #digest: Buffer;

  constructor(token: string) {
    this.#digest = digestOf(token);
  }

  /** Why a request is refused; undefined when it is not. */
  refuses({ url, headers }: Request): { status: 401 | 403 | 421; reason: string } | undefined {
    if (!this.#isOurs(headers.get("authorization"))) {
      return { status: 401, reason: "a request on this address needs the token" };
    }
    if (!isOwnName(headers.get("host") ?? "", new URL(url).port)) {
      return { status: 421, reason: "the request is for another host" };
    }
    if (headers.has("origin")) {
      return { status: 403, reason: "no web page may ask" };
    }
    return undefined;
  }

  /** In the same time, whatever is wrong with it. */
  #isOurs(authorization: string | null): boolean {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1] ?? "";
    return timingSafeEqual(digestOf(token), this.#digest);
  }
}

/** Of any length, one length. */
function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function isOwnName(host: string, port: string): boolean {
  const [, name = "", hostPort = ""] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host) ?? [];
  const isLocal = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/i.test(name);
  return isLocal && hostPort === port;
}
