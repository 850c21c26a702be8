import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../base/index.ts";
import { PodAddresses } from "./addresses.ts";

test("the lowest address nobody has is given, advertised and real side by side", () => {
  const addresses = new PodAddresses(new ManualClock());
  assert.deepEqual(addresses.take(), { index: 2, podIP: "10.244.0.2", realIP: "10.245.0.2", mac: "02:57:0a:f5:00:02" });
  for (let index = 3; index < 257; index++) addresses.take();
  assert.deepEqual(addresses.take(), {
    index: 257,
    podIP: "10.244.1.1",
    realIP: "10.245.1.1",
    mac: "02:57:0a:f5:01:01",
  });
});

test("an address rests a minute before another pod has it", () => {
  const clock = new ManualClock();
  const addresses = new PodAddresses(clock);
  addresses.release(addresses.take());
  assert.equal(addresses.take().podIP, "10.244.0.3");
  clock.advance(60_000);
  assert.equal(addresses.take().podIP, "10.244.0.2");
});
