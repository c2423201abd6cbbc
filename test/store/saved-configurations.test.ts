/** Table `saved_configurations`. */

import { expect, test } from "bun:test";

import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";
import { BY_HOOK } from "../support/ways.ts";

test("SavedConfigurationTable keeps bytes and values as they were", () => {
  using folder = tempDir("store");
  using store = Store.open(folder.join("gity.db"));
  const { id } = store.write((tables) => tables.repositories.insert("/a/.git", 1, BY_HOOK));
  const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
  const configuration = {
    configPath: "/a/.git/config",
    bytesBefore: everyByte,
    bytesAfter: everyByte.toReversed(),
    edits: [{ key: "core.fsmonitor", before: ["\xff\x00'", null], ours: "/h" }],
  };

  store.write((tables) => {
    tables.savedConfigurations.saveApplying(id, configuration);
  });
  const applying = store.read((tables) => tables.savedConfigurations.find(id));
  store.write((tables) => {
    tables.savedConfigurations.markApplied(id);
  });
  const applied = store.read((tables) => tables.savedConfigurations.find(id));

  expect(applying).toEqual({ repositoryId: id, state: "applying", ...configuration });
  expect(applied).toEqual({ repositoryId: id, state: "applied", ...configuration });
});

test("SavedConfigurationTable tells no file from an empty one", () => {
  using folder = tempDir("store");
  using store = Store.open(folder.join("gity.db"));
  const { id } = store.write((tables) => tables.repositories.insert("/a/.git", 1, BY_HOOK));
  const save = (bytesBefore: Uint8Array | null): void => {
    store.write((tables) => {
      const bytesAfter = new Uint8Array();
      tables.savedConfigurations.saveApplying(id, {
        configPath: "/c",
        bytesBefore,
        bytesAfter,
        edits: [],
      });
    });
  };
  const load = () => store.read((tables) => tables.savedConfigurations.find(id)?.bytesBefore);

  save(null);
  expect(load()).toBeNull();
  save(new Uint8Array());
  expect(load()).toEqual(new Uint8Array());
});
