export { LogFiles } from "./log-files.ts";
export { istioBounds, IstioTelemetry, reportedBy, type IstioTelemetryOptions } from "./telemetry.ts";
