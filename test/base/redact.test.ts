/** Secrets are taken out of what is written down, however they are spelt. */

import { expect, test } from "bun:test";

import { isSecretName, redact } from "../../src/base/redact.ts";

const SECRET = "S3CRETx";

/** Spellings of a password, all of which hold SECRET. */
const PASSWORDS = [
  SECRET,
  `${SECRET}@more`,
  `a@${SECRET}`,
  `a:${SECRET}:b`,
  `${SECRET}/x`,
  `a/${SECRET}`,
  `a?${SECRET}`,
  `a#${SECRET}#`,
  `%40${SECRET}%2F`,
  `a%2F${SECRET}`,
  `a\\${SECRET}`,
  `'${SECRET}"`,
  `a b${SECRET}`,
  `a ${SECRET} @b`,
  `é${SECRET}😀`,
  `[${SECRET}]`,
  `<${SECRET}>`,
];

const SCHEMES = [
  "https://",
  "HTTPS://",
  "ssh://",
  "git+ssh://",
  "svn+https://",
  "x://",
  "https:/",
  "https:///",
  String.raw`https:\/\/`,
  "ext::https://",
];

const SURROUNDINGS: readonly ((address: string) => string)[] = [
  (address) => address,
  (address) => `cannot fetch '${address}': 128`,
  (address) => `"${address}"`,
  (address) => `remote.origin.url=${address}`,
  (address) => `/home/me/${address}`,
  (address) => `https://example.org/a then ${address}, and https://example.org/b`,
  (address) => `http://localhost:80/x ${address}`,
  (address) => `Error: no\n    at a (${address}:1:2)\n    at b`,
  (address) => JSON.stringify({ url: address }),
];

test("redact() leaves no password of an address, whatever it is made of and stands in", () => {
  const left: string[] = [];
  for (const scheme of SCHEMES) {
    for (const password of PASSWORDS) {
      for (const surround of SURROUNDINGS) {
        const text = surround(`${scheme}user:${password}@example.com:8443/repo.git`);
        const redacted = redact(text);
        if (redacted.includes(SECRET) || redact(redacted) !== redacted) {
          left.push(`${text} → ${redacted}`);
        }
      }
    }
  }

  expect(left).toEqual([]);
});

test.each([
  ["https://user:pass@example.com/r.git", "https://***@example.com/r.git"],
  ["https://ghtoken@example.com/r.git", "https://***@example.com/r.git"],
  ["https://:pass@example.com", "https://***@example.com"],
  ["https://to%2Fken@example.com/x", "https://***@example.com/x"],
  ["ssh://git@example.com/r.git", "ssh://***@example.com/r.git"],
  ["https%3A%2F%2Fuser%3Apass%40example.com%2Fr", "https%3A%2F%2F***%40example.com%2Fr"],
  ["/home/me/https:/user:pass@example.com/r", "/home/me/https:/***@example.com/r"],
  ["a https://u:p@x/ b https://u:p@y/ c", "a https://***@x/ b https://***@y/ c"],
  ["https://x/?access_token=abc&b=1", "https://x/?access_token=***&b=1"],
  ["https://x/?b=1&private-token=abc#f", "https://x/?b=1&private-token=***"],
  ["https://x/?X-Amz-Signature=abc&b=1", "https://x/?X-Amz-Signature=***&b=1"],
  ["https%3A%2F%2Fx%3Faccess_token%3Dabc", "https%3A%2F%2Fx%3Faccess_token%3D***"],
  ["url=https://x/?client_secret=abc", "url=https://x/?client_secret=***"],
  ["--password='a b' --other", "--password=*** --other"],
  [`{"password": "a\\"b", "x": 1}`, `{"password": ***, "x": 1}`],
  [`{\\"api_key\\":\\"abc\\"}`, `{\\"api_key\\":***}`],
  ["Authorization: Basic dTpw", "Authorization: ***"],
  ["http.extraHeader=AUTHORIZATION: bearer abc", "http.extraHeader=AUTHORIZATION: ***"],
  ["a\nproxy-authorization: x y\nb", "a\nproxy-authorization: ***\nb"],
  ["got Bearer abc.def", "got Bearer ***"],
  [`with ghp_${"a1".repeat(18)}!`, "with ***!"],
])("redact(%j) is %j", (text, redacted) => {
  expect(redact(text)).toBe(redacted);
});

test.each([
  "cannot watch '/home/me/src': limit of 65536 watches reached",
  "at file:///home/me/node_modules/@scope/x.ts:12:3",
  "https://medium.com/@user/post",
  "git@example.com:me/repo.git",
  "author=Jane <jane@example.com>",
  "socket=/run/gity.sock pid=12 design=1",
  "token gity:0123456789abcdef:7 is not known",
  "PATH=/usr/bin:/opt/node/bin",
  "",
])("redact() leaves %j as it is", (text) => {
  expect(redact(text)).toBe(text);
});

test("redact() takes time in proportion to the text", () => {
  const parts = [
    "x:/",
    "https://a:b ",
    "https://a:b/",
    "token",
    "token=",
    `"token": "`,
    "token='",
    "a@",
    ":@/",
    "%3a%2f",
    "%40",
    String.raw`:\/`,
    '\\"',
    " ",
    "=",
    "authorization",
    "Bearer ",
    "ghp_",
    "https://a:b c@",
    "\n://",
  ];
  const startMs = performance.now();
  for (const part of parts) {
    for (const text of [part.repeat(200_000), `${part.repeat(200_000)}@`, `a:/${part.repeat(9)}`]) {
      redact(text);
    }
  }

  // A quadratic step would take hours.
  expect(performance.now() - startMs).toBeLessThan(30_000);
});

test.each([
  ["token", true],
  ["apiKey", true],
  ["client_secret", true],
  ["authorization", true],
  ["reason", false],
  ["author", false],
  ["key", false],
])("isSecretName(%j) is %p", (name, isSecret) => {
  expect(isSecretName(name)).toBe(isSecret);
});
