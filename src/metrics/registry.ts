/** A number that only grows. */
export class Counter {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

/** A number that goes up and down. */
export class Gauge {
  value = 0;

  set(value: number): void {
    this.value = value;
  }

  add(amount = 1): void {
    this.value += amount;
  }
}

/** Counts of observations at or below each bound, their sum and number. */
export class Histogram {
  readonly bounds: readonly number[];
  /** Per bucket, not cumulative; the last one is +Inf. */
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? Infinity)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += value;
    this.count += 1;
  }
}

export type Series = Counter | Gauge | Histogram;
export type MetricType = "counter" | "gauge" | "histogram";

export interface FamilyOptions {
  /** Prometheus' name; a counter's ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** Most label sets kept; what comes later is counted together under the value `overflow`. */
  readonly limit?: number;
}

/** One metric with its label sets. A series is resolved once and kept by whoever counts. */
export class Family<S extends Series = Series> {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labels: readonly string[];
  readonly #limit: number;
  readonly #make: () => S;
  readonly #overflowed: () => void;
  readonly #series = new Map<string, { readonly values: readonly string[]; readonly series: S }>();
  #overflow: { readonly values: readonly string[]; readonly series: S } | undefined;

  constructor(type: MetricType, options: FamilyOptions, make: () => S, overflowed: () => void) {
    this.type = type;
    this.name = options.name;
    this.help = options.help;
    this.labels = options.labels ?? [];
    this.#limit = options.limit ?? 10_000;
    this.#make = make;
    this.#overflowed = overflowed;
  }

  /** The series with these label values, in the order of `labels`. */
  with(...values: readonly string[]): S {
    if (values.length !== this.labels.length) {
      throw new RangeError(`${this.name} has ${this.labels.length} labels, not ${values.length}`);
    }
    const key = values.join("\u0001");
    const known = this.#series.get(key);
    if (known) return known.series;
    if (this.#series.size >= this.#limit) {
      this.#overflowed();
      this.#overflow ??= { values: this.labels.map(() => "overflow"), series: this.#make() };
      return this.#overflow.series;
    }
    const series = this.#make();
    this.#series.set(key, { values, series });
    return series;
  }

  /** Forgets a series; whoever still holds it counts into nothing. */
  remove(...values: readonly string[]): void {
    this.#series.delete(values.join("\u0001"));
  }

  *[Symbol.iterator](): IterableIterator<{ readonly values: readonly string[]; readonly series: S }> {
    yield* this.#series.values();
    if (this.#overflow) yield this.#overflow;
  }
}

/** Prometheus' own default bounds, seconds. */
const secondsBounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** All metrics of one process or part. */
export class Registry {
  readonly #families = new Map<string, Family>();
  #dropped: Family<Counter> | undefined;

  counter(options: FamilyOptions): Family<Counter> {
    return this.#add("counter", options, () => new Counter());
  }

  gauge(options: FamilyOptions): Family<Gauge> {
    return this.#add("gauge", options, () => new Gauge());
  }

  histogram(options: FamilyOptions & { readonly bounds?: readonly number[] }): Family<Histogram> {
    const bounds = options.bounds ?? secondsBounds;
    return this.#add("histogram", options, () => new Histogram(bounds));
  }

  families(): IterableIterator<Family> {
    return this.#families.values();
  }

  #add<S extends Series>(type: MetricType, options: FamilyOptions, make: () => S): Family<S> {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(options.name)) throw new RangeError(`bad metric name: ${options.name}`);
    if (this.#families.has(options.name)) throw new RangeError(`metric ${options.name} exists already`);
    const family = new Family<S>(type, options, make, () => this.#countDropped(options.name));
    this.#families.set(options.name, family);
    return family;
  }

  #countDropped(metric: string): void {
    this.#dropped ??= this.counter({
      name: "weft_metrics_overflow_total",
      help: "Label sets beyond a metric's bound, counted together under the value overflow.",
      labels: ["metric"],
    });
    this.#dropped.with(metric).add();
  }
}
