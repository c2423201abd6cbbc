/** Prometheus' text format as values. */

import { expect, test } from "bun:test";

import { parseMetrics } from "../../src/cli/parse-metrics.ts";

const TEXT = String.raw`# HELP a_total What a\nis, with \\.
# TYPE a_total counter
a_total{worktree="/x \"y\"\\n\nz",reason="too-old"} 3
a_total 1e-7

# HELP b Of a histogram.
# TYPE b histogram
b_bucket{le="+Inf",worktree="/a} 1"} 2
b_sum 0.25
some noise
b_count 2
`;

test("parseMetrics() gives families with their samples, and labels as they were", () => {
  expect(parseMetrics(TEXT)).toEqual([
    {
      name: "a_total",
      help: "What a\nis, with \\.",
      type: "counter",
      samples: [
        {
          name: "a_total",
          labels: { worktree: '/x "y"\\n\nz', reason: "too-old" },
          value: 3,
        },
        { name: "a_total", labels: {}, value: 1e-7 },
      ],
    },
    {
      name: "b",
      help: "Of a histogram.",
      type: "histogram",
      samples: [
        { name: "b_bucket", labels: { le: "+Inf", worktree: "/a} 1" }, value: 2 },
        { name: "b_sum", labels: {}, value: 0.25 },
        { name: "b_count", labels: {}, value: 2 },
      ],
    },
  ]);
  expect(parseMetrics("")).toEqual([]);
});
