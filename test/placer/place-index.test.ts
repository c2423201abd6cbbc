/** An index is put in place: when that is right, and never otherwise. */

import { expect, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import type { Fd } from "../../src/base/brands.ts";
import { lockFile } from "../../src/ffi/file-lock.ts";
import { libc } from "../../src/ffi/libc.ts";
import { placeIndex, recoverLock } from "../../src/placer/place-index.ts";
import type { PlacingRequest } from "../../src/protocol/index-placing.ts";
import { eventually } from "../support/eventually.ts";
import { indexRequest, placingTest } from "../support/index-request.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

/** fcntl(2). */
const F_SETLEASE = 1024;

function oneFile(): TempWorktree {
  return tempWorktree("place", { files: { f: "1" } });
}

/** What is there beside the index, and which file the index is. */
function stateOf({ gitDir }: TempWorktree) {
  return {
    index: lstatSync(join(gitDir, "index")).ino,
    hasLock: existsSync(join(gitDir, "index.lock")),
    copies: readdirSync(join(gitDir, "gity")),
  };
}

/** Other tests' gits on this machine are in doubt now and then, and for a moment. */
async function placed(request: PlacingRequest): Promise<string> {
  const { outcome, detail } = await eventually(() => {
    const result = placeIndex(request);
    return result.outcome !== "busy" && result;
  });
  return outcome === "placed" ? outcome : `${outcome}: ${detail}`;
}

placingTest(
  "S5 placeIndex() puts the copy in the place of the index, and leaves nothing else",
  async () => {
    using tree = oneFile();
    chmodSync(join(tree.gitDir, "index"), 0o640);
    const request = indexRequest(tree);
    const { ino } = statSync(request.copy);
    expect(await placed(request)).toBe("placed");
    expect(stateOf(tree)).toEqual({ index: ino, hasLock: false, copies: [] });
    expect(statSync(join(tree.gitDir, "index"))).toMatchObject({ nlink: 1, mode: 0o100640 });
    expect(tree.git("status", "--porcelain").toString()).toBe("");
  },
);

placingTest("placeIndex() places nothing over an index that somebody has written", async () => {
  using tree = oneFile();
  const request = indexRequest(tree);
  tree.write("g", "2");
  tree.git("add", "g");
  const before = stateOf(tree);
  expect(await placed(request)).toStartWith("moved");
  expect(stateOf(tree)).toEqual(before);
});

placingTest("placeIndex() sees what was written after its last look before the lock", async () => {
  using tree = oneFile();
  const request = indexRequest(tree);
  const { link } = libc;
  // A program without HEAD and configuration, between the leases and the lock.
  libc.link = (...args) => {
    renameSync(join(tree.gitDir, "config.copy"), join(tree.gitDir, "index"));
    libc.link = link;
    return link(...args);
  };
  writeFileSync(join(tree.gitDir, "config.copy"), readFileSync(join(tree.gitDir, "index")));
  const theirs = statSync(join(tree.gitDir, "config.copy")).ino;
  try {
    expect(await placed(request)).toStartWith("moved");
  } finally {
    libc.link = link;
  }
  expect(stateOf(tree)).toMatchObject({ index: theirs, hasLock: false });
});

placingTest("placeIndex() leaves another's lock alone", () => {
  using tree = oneFile();
  const request = indexRequest(tree);
  const before = stateOf(tree);
  writeFileSync(join(tree.gitDir, "index.lock"), "theirs");
  expect(placeIndex(request, 0).outcome).toBe("busy");
  expect(stateOf(tree)).toEqual({ ...before, hasLock: true });
  expect(readFileSync(join(tree.gitDir, "index.lock"), "utf8")).toBe("theirs");
});

placingTest(
  "placeIndex() waits for a git that is at work there, and is done when that has ended",
  async () => {
    using tree = oneFile();
    const request = indexRequest(tree);
    const git = Bun.spawn(["git", "hash-object", "--stdin"], { cwd: tree.path, stdin: "pipe" });
    await eventually(() => placeIndex(request, 0).detail.includes(String(git.pid)));
    await git.stdin.end();
    await git.exited;
    expect(await placed(request)).toBe("placed");
  },
);

placingTest("placeIndex() is busy while somebody has HEAD or the configuration open", async () => {
  using tree = oneFile();
  const request = indexRequest(tree);
  for (const name of ["HEAD", "config"]) {
    const fd = openSync(join(tree.gitDir, name), "r");
    expect(placeIndex(request, 0).outcome).toBe("busy");
    closeSync(fd);
  }
  expect(await placed(request)).toBe("placed");
});

/** What somebody does just before the first lease; returns what came of that attempt. */
function duringLook(request: PlacingRequest, act: () => void): string {
  const { fcntl } = libc;
  let hasActed = false;
  libc.fcntl = (...args) => {
    if (args[1] === F_SETLEASE && !hasActed) {
      hasActed = true;
      act();
    }
    return fcntl(...args);
  };
  try {
    const { outcome } = placeIndex(request, 0);
    // Another's git was in the way before.
    return hasActed ? outcome : "not tried";
  } finally {
    libc.fcntl = fcntl;
  }
}

const ACTS = {
  "has opened HEAD": (gitDir: string): void => {
    closeSync(openSync(join(gitDir, "HEAD"), "r"));
  },
  "has opened the configuration": (gitDir: string): void => {
    closeSync(openSync(join(gitDir, "config"), "r"));
  },
  "has replaced HEAD": (gitDir: string): void => {
    writeFileSync(join(gitDir, "new"), readFileSync(join(gitDir, "HEAD")));
    renameSync(join(gitDir, "new"), join(gitDir, "HEAD"));
  },
} as const;

placingTest.each(Object.entries(ACTS))(
  "placeIndex() is busy when somebody %s since it looked for processes",
  async (_, act) => {
    using tree = oneFile();
    const request = indexRequest(tree);
    const outcome = await eventually(() => {
      const found = duringLook(request, () => {
        act(tree.gitDir);
      });
      return found !== "not tried" && found;
    });
    expect(outcome).toBe("busy");
    expect(await placed(request)).toBe("placed");
  },
);

placingTest(
  "placeIndex() refuses a copy with other permissions, another name, or one that is in use",
  () => {
    using tree = oneFile();
    const request = indexRequest(tree);
    chmodSync(request.copy, 0o600);
    expect(placeIndex(request).outcome).toBe("refused");
    chmodSync(request.copy, 0o644);
    linkSync(request.copy, `${request.copy}-2`);
    expect(placeIndex(request).outcome).toBe("refused");
    rmSync(`${request.copy}-2`);
    const fd = openSync(request.copy, "r");
    expect(lockFile(fd as Fd)).toBe(true);
    expect(placeIndex(request).outcome).toBe("refused");
    closeSync(fd);
  },
);

placingTest("placeIndex() goes through no link, and fails where there is nothing", () => {
  using tree = oneFile();
  const request = indexRequest(tree);
  renameSync(join(tree.gitDir, "config"), join(tree.gitDir, "config.real"));
  symlinkSync("config.real", join(tree.gitDir, "config"));
  expect(placeIndex(request).outcome).toBe("failed");
  expect(placeIndex({ ...request, copy: `${request.copy}-missing` }).outcome).toBe("failed");
  expect(placeIndex({ ...request, gitDir: "/nowhere" }).outcome).toBe("failed");
  expect(stateOf(tree).hasLock).toBe(false);
});

placingTest("placeIndex() gives its leases back when a call fails under them", () => {
  using tree = oneFile();
  const request = indexRequest(tree);
  const { rename } = libc;
  libc.rename = () => -1;
  try {
    expect(["failed", "busy"]).toContain(placeIndex(request, 0).outcome);
  } finally {
    libc.rename = rename;
  }
  expect(stateOf(tree).hasLock).toBe(false);
  expect(tree.git("status", "--porcelain").toString()).toBe("");
});

test("recoverLock() removes the lock of a placer that was killed, and the copy", () => {
  using tree = oneFile();
  const { copy } = indexRequest(tree);
  linkSync(copy, join(tree.gitDir, "index.lock"));
  const { index } = stateOf(tree);
  expect(recoverLock(tree.gitDir, copy).detail).toBe("index.lock was removed");
  expect(stateOf(tree)).toEqual({ index, hasLock: false, copies: [] });
});

test("recoverLock() leaves a lock that is another's, and all while somebody is at it", () => {
  using tree = oneFile();
  const { copy } = indexRequest(tree);
  writeFileSync(join(tree.gitDir, "index.lock"), "theirs");
  const fd = openSync(copy, "r");
  lockFile(fd as Fd);
  expect(recoverLock(tree.gitDir, copy).outcome).toBe("busy");
  closeSync(fd);
  expect(recoverLock(tree.gitDir, copy).detail).toBe("the copy was removed");
  expect(stateOf(tree)).toMatchObject({ hasLock: true, copies: [] });
  expect(recoverLock(tree.gitDir, copy).outcome).toBe("failed");
});

/**
 * Goal: whenever a placer is killed, the index is the old one or the new one, and after recovery nothing of ours is left.
 * Method: a placer that kills itself before its n-th system call, for every n, until it comes to its end.
 */
placingTest(
  "S5 a placer that is killed before any of its calls leaves a whole index, and a lock that is known",
  async () => {
    using tree = oneFile();
    const program = join(import.meta.dir, "../fixtures/killed-placer.ts");
    let hasLeftLock = false;
    let isDone = false;
    for (let nth = 1; !isDone; nth += 1) {
      const request = indexRequest(tree);
      const old = statSync(join(tree.gitDir, "index")).ino;
      const fresh = statSync(request.copy).ino;
      const child = Bun.spawn([process.execPath, program, String(nth), JSON.stringify(request)], {
        stdout: "pipe",
      });
      // oxlint-disable-next-line no-await-in-loop -- One after the other.
      const said = await new Response(child.stdout).text();
      // oxlint-disable-next-line no-await-in-loop
      await child.exited;
      isDone = said !== "";
      hasLeftLock ||= existsSync(join(tree.gitDir, "index.lock"));
      recoverLock(tree.gitDir, request.copy);
      const { index, hasLock, copies } = stateOf(tree);
      expect({ hasLock, copies }).toEqual({ hasLock: false, copies: [] });
      expect([old, fresh]).toContain(index);
      expect(tree.git("status", "--porcelain").toString()).toBe("");
    }
    expect(hasLeftLock).toBe(true);
  },
  120_000,
);
