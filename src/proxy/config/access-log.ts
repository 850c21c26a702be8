import { fieldValue, grpcStatusNames } from "../../wire/index.ts";
import { filterTypes, type TypedFilter } from "../../xds/index.ts";
import type { AccessLog, AccessLogEntry } from "./contract.ts";
import { parseFormat, portOf, withoutPort, type Operator } from "./format.ts";

/** Takes lines (with their end) for a file; `/dev/stdout` is the process's own output. */
export type WriteLine = (path: string, line: string) => void;

/** Envoy's default: the format of an access log that names none. */
const defaultFormat =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" ' +
  '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n';

type Field = (entry: AccessLogEntry) => string | number | undefined;

interface FileAccessLog {
  readonly path?: string;
  readonly format?: string;
  readonly log_format?: {
    readonly text_format?: string;
    readonly text_format_source?: { readonly inline_string?: string };
    readonly json_format?: Readonly<Record<string, string>>;
  };
}

/** The access log a connection manager or TCP proxy asks for; undefined when none. Throws on unknown operators. */
export function accessLog(configs: readonly TypedFilter[] | undefined, write: WriteLine): AccessLog | undefined {
  const writers = (configs ?? []).map(({ typed_config }) => {
    const config = (typed_config ?? {}) as FileAccessLog;
    const format = formatter(config);
    const path =
      typed_config?.["@type"] === filterTypes.standardErrorLog ? "/dev/stderr" : (config.path ?? "/dev/stdout");
    return (entry: AccessLogEntry) => write(path, format(entry));
  });
  const only = writers[0];
  if (!only) return undefined;
  if (writers.length === 1) return { write: only };
  return {
    write(entry) {
      for (const writer of writers) writer(entry);
    },
  };
}

function formatter({ format, log_format }: FileAccessLog): (entry: AccessLogEntry) => string {
  if (log_format?.json_format) return jsonFormatter(log_format.json_format);
  const text = log_format?.text_format_source?.inline_string ?? log_format?.text_format ?? format ?? defaultFormat;
  const parts = parseFormat(text).map((part) => (typeof part === "string" ? part : field(part)));
  return (entry) => {
    let line = "";
    for (const part of parts) line += typeof part === "string" ? part : shown(safe(part(entry)));
    return line;
  };
}

function jsonFormatter(fields: Readonly<Record<string, string>>): (entry: AccessLogEntry) => string {
  const compiled = Object.entries(fields).map(([key, format]) => {
    const parts = parseFormat(format).map((part) => (typeof part === "string" ? part : field(part)));
    const only = parts.length === 1 ? parts[0] : undefined;
    // A lone operator keeps its type, and is null where text would show a dash.
    const value = (entry: AccessLogEntry) =>
      typeof only === "function"
        ? (emptyToUndefined(only(entry)) ?? null)
        : parts.map((part) => (typeof part === "string" ? part : shown(part(entry)))).join("");
    return [key, value] as const;
  });
  return (entry) => `${JSON.stringify(Object.fromEntries(compiled.map(([key, value]) => [key, value(entry)])))}\n`;
}

const emptyToUndefined = (value: string | number | undefined) => (value === "" ? undefined : value);

function shown(value: string | number | undefined): string {
  return value === undefined || value === "" ? "-" : typeof value === "number" ? String(value) : value;
}

const fields: Readonly<Record<string, Field>> = {
  START_TIME: ({ startTime }) => new Date(startTime).toISOString(),
  PROTOCOL: ({ protocol }) => protocol,
  RESPONSE_CODE: ({ status }) => status,
  RESPONSE_FLAGS: ({ flags }) => flags,
  RESPONSE_CODE_DETAILS: ({ details }) => details,
  GRPC_STATUS: ({ grpcStatus }) => grpcStatusText(grpcStatus, "camel"),
  GRPC_STATUS_NUMBER: ({ grpcStatus }) => (grpcStatus === "" ? undefined : Number(grpcStatus)),
  CONNECTION_TERMINATION_DETAILS: ({ terminationDetails }) => terminationDetails,
  UPSTREAM_TRANSPORT_FAILURE_REASON: ({ upstreamFailure }) => upstreamFailure,
  BYTES_RECEIVED: ({ bytesReceived }) => bytesReceived,
  BYTES_SENT: ({ bytesSent }) => bytesSent,
  DURATION: ({ milliseconds }) => Math.round(milliseconds),
  UPSTREAM_HOST: ({ upstreamHost }) => upstreamHost,
  UPSTREAM_REMOTE_ADDRESS: ({ upstreamHost }) => upstreamHost,
  UPSTREAM_CLUSTER: ({ upstreamCluster }) => upstreamCluster,
  UPSTREAM_CLUSTER_RAW: ({ upstreamCluster }) => upstreamCluster,
  UPSTREAM_LOCAL_ADDRESS: ({ upstreamLocalAddress }) => upstreamLocalAddress,
  DOWNSTREAM_LOCAL_ADDRESS: ({ downstreamLocalAddress }) => downstreamLocalAddress,
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ({ downstreamLocalAddress }) => withoutPort(downstreamLocalAddress),
  DOWNSTREAM_LOCAL_PORT: ({ downstreamLocalAddress }) => portOf(downstreamLocalAddress),
  DOWNSTREAM_REMOTE_ADDRESS: ({ downstreamRemoteAddress }) => downstreamRemoteAddress,
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ({ downstreamRemoteAddress }) => withoutPort(downstreamRemoteAddress),
  REQUESTED_SERVER_NAME: ({ serverName }) => serverName,
  ROUTE_NAME: ({ routeName }) => routeName,
};

const requestParts: Readonly<Record<string, Field>> = {
  ":method": ({ method }) => method,
  ":path": ({ path }) => path,
  "x-envoy-original-path": ({ path, originalPath }) => (originalPath === path ? undefined : originalPath),
  ":authority": ({ authority }) => authority,
  host: ({ authority }) => authority,
};

function field({ name, argument, limit }: Operator): Field {
  const found = argument === undefined || name === "START_TIME" ? fields[name] : argumentField(name, argument);
  if (!found) throw new RangeError(`%${name}${argument === undefined ? "" : `(${argument})`}% is not supported`);
  return limit === undefined ? found : (entry) => shown(found(entry)).slice(0, limit);
}

const grpcStatusForms: Readonly<Record<string, Field>> = {
  CAMEL_STRING: ({ grpcStatus }) => grpcStatusText(grpcStatus, "camel"),
  SNAKE_STRING: ({ grpcStatus }) => grpcStatusText(grpcStatus, "snake"),
  NUMBER: ({ grpcStatus }) => (grpcStatus === "" ? undefined : Number(grpcStatus)),
};

/** `NOT_FOUND` or, as Envoy writes it where nothing else is asked for, `NotFound`; a number nobody named as it is. */
function grpcStatusText(status: string, form: "camel" | "snake"): string {
  const name = status === "" ? undefined : grpcStatusNames[Number(status)];
  if (name === undefined) return status;
  if (form === "snake" || name === "OK") return name;
  if (name === "CANCELLED") return "Canceled";
  return name.replace(/([A-Z])([A-Z]*)_?/g, (_, first: string, rest: string) => first + rest.toLowerCase());
}

function argumentField(name: string, argument: string): Field | undefined {
  if (name === "GRPC_STATUS") return Object.hasOwn(grpcStatusForms, argument) ? grpcStatusForms[argument] : undefined;
  const names = argument.toLowerCase().split("?");
  if (name === "REQ") {
    return (entry) => {
      for (const wanted of names) {
        const part = Object.hasOwn(requestParts, wanted) ? requestParts[wanted] : undefined;
        const value = part ? part(entry) : fieldValue(entry.requestHeaders, wanted);
        if (value) return value;
      }
      return undefined;
    };
  }
  if (name === "RESP" && names.includes("x-envoy-upstream-service-time")) {
    return ({ upstreamMilliseconds }) =>
      upstreamMilliseconds === undefined ? undefined : Math.round(upstreamMilliseconds);
  }
  return undefined;
}

/** A value a client chose must not break out of its quotes or its line. */
function safe(value: string | number | undefined): string | number | undefined {
  return typeof value !== "string" || !/["\\\r\n]/.test(value)
    ? value
    : value.replace(/["\\]/g, "\\$&").replace(/\r/g, "\\r").replace(/\n/g, "\\n");
}
