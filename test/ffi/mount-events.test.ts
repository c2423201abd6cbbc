/** Being told of mounts. */

import { expect } from "bun:test";

import { PollSet, POLLPRI } from "../../src/ffi/descriptors.ts";
import { MountEvents } from "../../src/ffi/mount-events.ts";
import { mount, mountTest } from "../support/mounts.ts";
import { tempDir } from "../support/temp-dir.ts";

mountTest(
  "E11 MountEvents tells once of each mount and unmount, before the call returns",
  [],
  async () => {
    using place = tempDir("mount-events");
    using events = new MountEvents();
    // Other programs mount things, too.
    events.take();
    expect(events.read()).not.toContain(place.path);
    using mounted = mount("-t", "tmpfs", "none", place.path);
    expect(events.take()).toBe(true);
    expect(events.read()).toContain(` ${place.path} `);
    mounted.unmount();
    expect(events.take()).toBe(true);
    expect(events.read()).not.toContain(place.path);
  },
);

mountTest("MountEvents: whoever polls takes the change away", [], async () => {
  using place = tempDir("mount-events");
  using events = new MountEvents();
  events.take();
  using _mounted = mount("-t", "tmpfs", "none", place.path);
  const poll = new PollSet();
  poll.add(events.fd, POLLPRI);
  expect(poll.wait(10_000)).toBe(1);
  expect(events.read()).toContain(place.path);
});
