import type { Duration } from "../xds/index.ts";

const units: Readonly<Record<string, number>> = {
  h: 3_600_000_000,
  m: 60_000_000,
  s: 1_000_000,
  ms: 1000,
  us: 1,
  µs: 1,
};

/** A duration as rules write it (`1h30m`, `1.5s`, `500ms`) in Envoy's form, seconds; undefined stays so. */
export function envoyDuration(text: string | undefined): Duration | undefined {
  if (text === undefined) return undefined;
  let micros = 0;
  for (const [, amount = "0", unit = "s"] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|h|m|s)/g)) {
    micros += Number(amount) * (units[unit] ?? 0);
  }
  return `${Math.round(micros) / 1_000_000}s`;
}
