import { mongoCounters } from "../../wire/index.ts";
import type { Counter, Family, Registry } from "../../metrics/index.ts";
import type { MongoSeries } from "../config/contract.ts";

/** What MongoDB's connections carry, under the names Envoy's filter gives; those of newer operations, which it takes for errors, are ours. */
export class MongoCounters {
  readonly #operations: ReadonlyMap<string, Family<Counter>>;
  readonly #errors: Family<Counter>;
  readonly #series = new Map<string, MongoSeries>();

  constructor(registry: Registry, limit: number) {
    const counter = (name: string, help: string) =>
      registry.counter({ name: `envoy_mongo_${name}`, help, labels: ["envoy_mongo_prefix"], limit });
    this.#operations = new Map(
      mongoCounters.map((name) => [name, counter(`op_${name}`, `Messages: ${name.replaceAll("_", " ")}.`)]),
    );
    this.#errors = counter("decoding_error", "Directions of connections whose bytes were not MongoDB's.");
  }

  /** The counters of a filter with this prefix; each stands at zero from then on. */
  of(prefix: string): MongoSeries {
    const known = this.#series.get(prefix);
    if (known) return known;
    const operations = new Map([...this.#operations].map(([name, family]) => [name, family.with(prefix)]));
    const errors = this.#errors.with(prefix);
    const series: MongoSeries = {
      saw(operation, traits) {
        operations.get(operation)?.add(1);
        for (const trait of traits) operations.get(`${operation}_${trait}`)?.add(1);
      },
      failed: () => errors.add(1),
    };
    this.#series.set(prefix, series);
    return series;
  }
}
