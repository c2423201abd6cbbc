import { expect, test } from "bun:test";

import { SharedFollowing } from "../../src/daemon/shared-following.ts";

test("SharedFollowing ends when the last has let go, for each worktree by itself", async () => {
  const said: string[] = [];
  const shared = new SharedFollowing({
    follow: async (id, commonDir, since) => {
      said.push(`follow ${id} ${commonDir} ${since}`);
      return { token: `${id}`, paths: [] };
    },
    unfollow: (id) => {
      said.push(`unfollow ${id}`);
    },
  });
  const one = shared.share();
  const two = shared.share();

  one.unfollow(1);
  expect(await one.follow(1, "/a", "x")).toEqual({ token: "1", paths: [] });
  await one.follow(1, "/a", "y");
  await two.follow(1, "/a", "z");
  await two.follow(2, "/b", "");
  one.unfollow(1);
  one.unfollow(1);
  two.unfollow(2);
  two.unfollow(1);

  expect(said).toEqual([
    "follow 1 /a x",
    "follow 1 /a y",
    "follow 1 /a z",
    "follow 2 /b ",
    "unfollow 2",
    "unfollow 1",
  ]);
});
