/** What every room may use: faults, time, chance, backoff, lifetimes and the log line. */
export * from "./backoff.ts";
export * from "./chance.ts";
export * from "./clock.ts";
export * from "./closest.ts";
export * from "./fault.ts";
export * from "./lifetime.ts";
export * from "./log.ts";
