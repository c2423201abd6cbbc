/** What is over its limit, who is told, and what is done. */

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { RESOURCE_RELIEF_LOOKS } from "../../src/base/limits.ts";
import { EventHub } from "../../src/daemon/event-hub.ts";
import type { ResourceSample } from "../../src/daemon/resource-sampler.ts";
import { type ResourceLimits, USUAL_LIMITS } from "../../src/daemon/resource-settings.ts";
import { isOverLimit, Resources, type ResourcesOptions } from "../../src/daemon/resources.ts";
import { type Resource, RESOURCES } from "../../src/protocol/resources.ts";
import { eventually } from "../support/eventually.ts";

const NOTHING: ResourceSample = {
  memory: 0,
  cpu: 0,
  descriptors: 0,
  watches: 0,
  store: 0,
  log: 0,
  jobs: 0,
};

const HUNDRED: ResourceLimits = {
  memory: 100,
  cpu: 100,
  descriptors: 100,
  watches: 100,
  store: 100,
  log: 100,
  jobs: 100,
};

/** Measures what it is told to, and counts what is done. */
function scripted(options: Partial<ResourcesOptions> = {}) {
  const hub = new EventHub();
  const relieved: Resource[] = [];
  const lines: string[] = [];
  const sampled: boolean[] = [];
  const state = { sample: NOTHING };
  const reliefs = Object.fromEntries(
    RESOURCES.map((resource) => [
      resource,
      async () => {
        relieved.push(resource);
        return "something";
      },
    ]),
  );
  const resources = new Resources({
    limits: HUNDRED,
    sample: async (isThorough) => {
      sampled.push(isThorough);
      return state.sample;
    },
    reliefs,
    log: {
      write: (level, message) => {
        lines.push(`${level} ${message}`);
      },
    },
    events: hub,
    ...options,
  });
  const look = async (sample: Partial<ResourceSample>): Promise<void> => {
    state.sample = { ...NOTHING, ...sample };
    await resources.look(true);
  };
  return {
    hub,
    relieved,
    lines,
    sampled,
    resources,
    look,
    [Symbol.asyncDispose]: async () => resources[Symbol.asyncDispose](),
  };
}

test.each([
  [99, 100, false, false],
  [100, 100, false, true],
  [99, 100, true, true],
  [90, 100, true, true],
  [89, 100, true, false],
  [1e12, 0, false, false],
  [1e12, 0, true, false],
])("isOverLimit(%d, %d, %p) is %p", (value, limit, wasOver, isOver) => {
  expect(isOverLimit(value, limit, wasOver)).toBe(isOver);
});

test.each([...RESOURCES])(
  "%s beyond its limit is told, acted upon, and over below nine tenths",
  async (resource) => {
    await using fixture = scripted();
    const { resources, hub, relieved, lines, look } = fixture;
    const said: (string | undefined)[] = [];
    resources.onChange((reason) => said.push(reason));
    using listener = hub.subscribe({ kinds: new Set(["resources"]), place: undefined });
    await look({ [resource]: 99 });
    expect([resources.isOver(), resources.reason(), relieved]).toEqual([false, undefined, []]);

    await look({ [resource]: 100 });

    expect(relieved).toEqual([resource]);
    const mustWait = resource !== "jobs";
    expect(resources.isOver()).toBe(mustWait);
    expect(RESOURCES.filter((each) => resources.isOver(each))).toEqual([resource]);
    expect(resources.overLimits()).toMatchObject([{ resource, value: 100, limit: 100 }]);
    expect(said).toEqual(mustWait ? [expect.stringContaining("gity.max")] : []);
    expect(said).toEqual(mustWait ? [resources.reason()] : []);
    expect(lines).toEqual(["warn a resource is over its limit", "info made room"]);

    await look({ [resource]: 90 });
    expect(resources.isOver(resource)).toBe(true);
    await look({ [resource]: 89 });
    expect([resources.isOver(resource), resources.overLimits()]).toEqual([false, []]);
    expect(said).toEqual(mustWait ? [expect.any(String), undefined] : []);
    expect(lines.at(-1)).toBe("info a resource is below its limit again");
    const events = (await listener.take()) ?? [];
    expect(events.map(({ data }) => JSON.parse(data))).toMatchObject([
      { kind: "resources", resource, value: 100, limit: 100, isOver: true },
      { kind: "resources", resource, value: 89, limit: 100, isOver: false },
    ]);
  },
);

test("a limit of 0 is never reached", async () => {
  const limits = { ...HUNDRED, memory: 0 };
  await using fixture = scripted({ limits });
  await fixture.look({ memory: Number.MAX_SAFE_INTEGER });
  expect(fixture.resources.isOver()).toBe(false);
});

test("the usual limits are not reached by what a large user has", async () => {
  await using fixture = scripted({ limits: USUAL_LIMITS });
  await fixture.look({
    memory: 1.2e9,
    cpu: 60,
    descriptors: 30,
    watches: 70,
    store: 5e8,
    log: 16 << 20,
    jobs: 500,
  });
  expect(fixture.resources.overLimits()).toEqual([]);
});

test("what stays over is relieved again, memory and store after a rest only", async () => {
  await using fixture = scripted();
  const { look, relieved } = fixture;
  for (let i = 0; i <= RESOURCE_RELIEF_LOOKS; i += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await look({ memory: 200, watches: 200 });
  }
  expect(relieved.filter((each) => each === "memory")).toHaveLength(2);
  expect(relieved.filter((each) => each === "watches")).toHaveLength(RESOURCE_RELIEF_LOOKS + 1);
});

test("what cannot be measured stays as it was", async () => {
  await using fixture = scripted();
  await fixture.look({ watches: 100 });
  await fixture.look({ watches: undefined });
  expect(fixture.resources.isOver("watches")).toBe(true);
});

test("two over their limits are one pause, which ends with the last of them", async () => {
  await using fixture = scripted();
  const said: boolean[] = [];
  fixture.resources.onChange((reason) => said.push(reason !== undefined));
  await fixture.look({ memory: 100 });
  await fixture.look({ memory: 100, cpu: 100 });
  await fixture.look({ cpu: 100 });
  expect(said).toEqual([true]);
  await fixture.look({});
  expect(said).toEqual([true, false]);
});

test("a relief that fails is logged, and the next one gets its turn", async () => {
  const done: string[] = [];
  await using fixture = scripted({
    reliefs: {
      memory: async () => {
        throw new GityError("STORE_FAILED", "no");
      },
      store: async () => {
        done.push("store");
        return undefined;
      },
    },
  });
  await fixture.look({ memory: 100, store: 100 });
  expect(done).toEqual(["store"]);
  expect(fixture.lines.at(-1)).toBe("warn cannot make room");
});

test("Resources looks by itself now and then, and once a moment after many crawls", async () => {
  await using fixture = scripted({ intervalMs: 50 });
  for (let i = 0; i < 100; i += 1) {
    fixture.resources.lookSoon();
  }
  await eventually(() => fixture.sampled.length >= 3);
  expect(fixture.sampled.filter((isThorough) => !isThorough)).toHaveLength(1);
});

test("an end in the middle of a look waits for it, and nothing is done after it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const fixture = scripted({
    sample: async () => {
      await promise;
      return { ...NOTHING, memory: 200 };
    },
  });
  const looking = fixture.resources.look(true);
  const ended = fixture.resources[Symbol.asyncDispose]();
  resolve();
  await Promise.all([looking, ended]);
  fixture.resources.lookSoon();
  await fixture.resources.look(true);
  expect([fixture.relieved, fixture.lines]).toEqual([[], []]);
});
