/** ssh that never asks. */

import { expect, test } from "bun:test";

import { batchSsh } from "../../src/git/batch-ssh.ts";

const OPENSSH = "-o BatchMode=yes -o ConnectTimeout=60 -o ServerAliveInterval=30";

test.each([
  [undefined, undefined, `ssh ${OPENSSH}`],
  ["ssh -i ~/.ssh/key", undefined, `ssh -i ~/.ssh/key ${OPENSSH}`],
  ["  /usr/bin/ssh", "auto", `  /usr/bin/ssh ${OPENSSH}`],
  ['"/opt/my ssh/ssh" -v', undefined, `"/opt/my ssh/ssh" -v ${OPENSSH}`],
  ["C:/OpenSSH/SSH.EXE", undefined, `C:/OpenSSH/SSH.EXE ${OPENSSH}`],
  ["plink", undefined, "plink -batch"],
  ["tortoiseplink.exe -v", undefined, "tortoiseplink.exe -v -batch"],
])("batchSsh(%j, variant %j) is %j", (command, variant, expected) => {
  expect(batchSsh({ command, variant })).toBe(expected);
});

test.each(["my-ssh --fast", "SSH_AUTH_SOCK=/a ssh", "'ssh' -v", '"ssh"er', "", "constructor"])(
  "batchSsh() leaves %j alone: nobody knows what options it takes",
  (command) => {
    expect(batchSsh({ command, variant: undefined })).toBe(command);
  },
);

test.each([
  ["simple", "wrapper"],
  ["ssh", `wrapper ${OPENSSH}`],
  ["putty", "wrapper -batch"],
  // connect.c: what is none of its words.
  ["toString", `wrapper ${OPENSSH}`],
])("batchSsh() believes the user's variant %s", (variant, expected) => {
  expect(batchSsh({ command: "wrapper", variant })).toBe(expected);
});
