import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManualClock } from "../../base/index.ts";
import type { RouteAction } from "../../xds/index.ts";
import { fieldValue } from "../../wire/index.ts";
import { head, routed, tableOf } from "../config/fixtures.ts";
import { Ticker } from "../net/ticker.ts";
import type { LocalReply } from "./local-reply.ts";
import { timeLimits } from "./time-limits.ts";

interface Row {
  readonly action: Partial<RouteAction>;
  readonly asked?: string;
  readonly grpc?: boolean;
  /** The request does not end. */
  readonly open?: boolean;
  readonly answer: string;
  readonly told?: string;
}

/** What a request whose endpoint never answers gets when, and what the endpoint is told. */
function limited({ action, asked, grpc = true, open = false }: Row) {
  const clock = new ManualClock();
  const message = { match: { prefix: "/" }, route: { cluster: "origin", timeout: "0s" as const, ...action } };
  const compiled = routed(tableOf(message), head())?.action;
  assert(compiled?.kind === "forward");
  const fields = asked === undefined ? [] : ["grpc-timeout", asked];
  let answer = "none";
  const end = (reply: LocalReply) => {
    if (answer === "none") answer = `${clock.monotonic()} ${reply.status} ${reply.details}`;
    limits?.clear();
  };
  const limits = timeLimits(
    compiled,
    { fields, grpc, ended: false },
    { outOfTime: end, tooSlow: () => void (answer = answer === "none" ? `${clock.monotonic()} try` : answer) },
    new Ticker(clock),
  );
  limits?.tryBegins();
  const told = limits?.grpcTimeout ?? fieldValue(fields, "grpc-timeout");
  if (!open) limits?.requestEnded();
  for (let time = 0; time < 3000; time += 10) clock.advance(10);
  return { answer, told };
}

/** Each as Envoy 1.40 does it; `asked` not told: nothing is told. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  "without rules for gRPC its clients' timeout changes nothing": [
    { action: { timeout: "0.2s" }, asked: "50m", answer: "200 504 response_timeout", told: "50m" },
    { action: { timeout: "0.2s" }, open: true, answer: "none" },
  ],
  "max_grpc_timeout 0s: clients of gRPC say how long, others have the route's timeout": [
    { action: { timeout: "0.3s", max_grpc_timeout: "0s" }, answer: "none" },
    { action: { timeout: "0.3s", max_grpc_timeout: "0s" }, asked: "0m", answer: "none", told: "0m" },
    { action: { max_grpc_timeout: "0s" }, asked: "100m", answer: "100 504 response_timeout", told: "100m" },
    { action: { max_grpc_timeout: "0s" }, asked: "100m", open: true, answer: "none", told: "100m" },
    {
      action: { timeout: "0.3s", max_grpc_timeout: "0s" },
      asked: "100m",
      grpc: false,
      answer: "300 504 response_timeout",
      told: "100m",
    },
  ],
  "max_grpc_timeout bounds, its offset shortens; what is no timeout asks for none": [
    ["100m", 50],
    ["1S", 200],
    ["40m", 40],
    ["180000u", 130],
    ["99999999n", 50],
    ["x", 200],
    ["123456789u", 200],
    ["+5m", 200],
    [undefined, 200],
  ].map(([asked, time]) => ({
    action: { max_grpc_timeout: "0.2s", grpc_timeout_offset: "0.05s" },
    ...(asked === undefined ? {} : { asked: String(asked) }),
    answer: `${String(time)} 504 response_timeout`,
    told: `${String(time)}m`,
  })),
  "an endpoint is told the time of its try": [
    {
      action: { max_grpc_timeout: "0.3s", retry_policy: { retry_on: "reset", per_try_timeout: "0.1s" } },
      asked: "1S",
      answer: "100 try",
      told: "100m",
    },
    {
      action: { max_grpc_timeout: "0.3s", retry_policy: { retry_on: "reset", per_try_timeout: "0.1s" } },
      asked: "80m",
      answer: "80 504 response_timeout",
      told: "80m",
    },
  ],
  "max_stream_duration counts from the head on, alone, whatever clients ask; of gRPC the endpoint is told": [
    {
      action: { timeout: "0.1s", max_stream_duration: { max_stream_duration: "0.3s" } },
      asked: "100m",
      answer: "300 504 max_duration_timeout",
      told: "300m",
    },
    {
      action: { max_stream_duration: { max_stream_duration: "0.3s" } },
      open: true,
      answer: "300 408 max_duration_timeout",
      told: "300m",
    },
    {
      action: { max_stream_duration: { max_stream_duration: "0.3s" } },
      grpc: false,
      answer: "300 504 max_duration_timeout",
    },
    { action: { timeout: "0.1s", max_stream_duration: { max_stream_duration: "0s" } }, answer: "none" },
  ],
  "grpc_timeout_header_max takes what is asked for, bounded and shortened; nothing asked for is max_stream_duration": [
    ["1S", 150],
    ["150m", 100],
    ["40m", 0],
    ["x", 400],
    [undefined, 400],
  ].map(([asked, time]) => ({
    action: {
      max_stream_duration: {
        max_stream_duration: "0.4s",
        grpc_timeout_header_max: "0.2s",
        grpc_timeout_header_offset: "0.05s",
      },
    },
    ...(asked === undefined ? {} : { asked: String(asked) }),
    answer: `${String(time === 0 ? 10 : time)} 504 max_duration_timeout`,
    told: `${String(time)}m`,
  })),
};

describe("time limits of a route", () => {
  for (const [what, each] of Object.entries(rows)) {
    test(what, () => {
      for (const row of each) {
        const { answer, told } = limited(row);
        assert.deepEqual([answer, told], [row.answer, row.told], JSON.stringify(row));
      }
    });
  }
});
