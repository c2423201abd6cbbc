/** Single places under watch. */

import { expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";

import { NAMES_MASK, PlaceWatch, UNLINK_MASK } from "../../src/watch/place-watch.ts";
import { failCall } from "../support/faults.ts";
import { tempDir } from "../support/temp-dir.ts";

test("PlaceWatch tells of names that come and go in a folder, and of its end", () => {
  using dir = tempDir("place");
  using places = new PlaceWatch();
  mkdirSync(dir.join("d"));
  const names: string[] = [];
  places.watch(dir.join("d"), NAMES_MASK, (name) => names.push(name));
  writeFileSync(dir.join("d/a"), "");
  writeFileSync(dir.join("b"), "");
  renameSync(dir.join("b"), dir.join("d/b"));
  places.drain();
  expect(names.splice(0)).toEqual(["a", "b"]);
  rmSync(dir.join("d"), { recursive: true });
  places.drain();
  expect(names).toContain("");
  expect(places.size).toBe(0);
});

test("PlaceWatch tells when a file loses its name, also while it is open", () => {
  using dir = tempDir("place");
  using places = new PlaceWatch();
  writeFileSync(dir.join("f"), "");
  let told = 0;
  places.watch(dir.join("f"), UNLINK_MASK, () => {
    told += 1;
  });
  places.drain();
  expect(told).toBe(0);
  unlinkSync(dir.join("f"));
  places.drain();
  expect(told).toBeGreaterThan(0);
});

test("PlaceWatch forgets what it is told to, and watches nothing where nothing is", () => {
  using dir = tempDir("place");
  using places = new PlaceWatch();
  let told = 0;
  const wd = places.watch(dir.path, NAMES_MASK, () => {
    told += 1;
  });
  places.unwatch(wd);
  places.unwatch(undefined);
  writeFileSync(dir.join("f"), "");
  places.drain();
  expect(told).toBe(0);
  expect(places.watch(dir.join("missing"), NAMES_MASK, () => {})).toBeUndefined();
});

test("PlaceWatch E10 without an inotify instance watches nothing, and does not fail", () => {
  using dir = tempDir("place");
  using _fault = failCall("inotify_init1", "EMFILE");
  using places = new PlaceWatch();
  expect(places.watch(dir.path, NAMES_MASK, () => {})).toBeUndefined();
  places.drain();
});
