export { LogFiles } from "./log-files.ts";
export { IstioTelemetry } from "./telemetry.ts";
