/** Counters, gauges and histograms with label sets, and the text they are scraped as. */
export * from "./exposition.ts";
export * from "./registry.ts";
export * from "./sum.ts";
