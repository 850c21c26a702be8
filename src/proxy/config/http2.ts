import { defaultSessionOptions } from "../../wire/index.ts";
import type { Http2ProtocolOptions } from "../../xds/index.ts";
import type { Http2Rules, Keepalive } from "./contract.ts";
import { milliseconds } from "./duration.ts";

export const defaultHttp2: Http2Rules = { ...defaultSessionOptions, keepalive: undefined };

/** A session's windows and limits from Envoy's message; what it does not say is ours. */
export function sessionOptions(message: Http2ProtocolOptions | undefined): Http2Rules {
  if (!message) return defaultHttp2;
  const { limits, streamWindow, grownWindow, connectionWindow, tableSize, connectProtocol } = defaultSessionOptions;
  const window = windowSize(message.initial_stream_window_size, "initial_stream_window_size");
  return {
    ...defaultSessionOptions,
    limits: {
      ...limits,
      concurrentStreams: message.max_concurrent_streams ?? limits.concurrentStreams,
      unreadReplies: message.max_outbound_control_frames ?? limits.unreadReplies,
      emptyFrames: message.max_consecutive_inbound_frames_with_empty_payload ?? limits.emptyFrames,
    },
    streamWindow: window ?? streamWindow,
    grownWindow: Math.max(window ?? 0, grownWindow),
    connectionWindow:
      windowSize(message.initial_connection_window_size, "initial_connection_window_size") ?? connectionWindow,
    tableSize: Math.min(message.hpack_table_size ?? tableSize, tableSize),
    connectProtocol: message.allow_connect ?? connectProtocol,
    keepalive: keepaliveOf(message.connection_keepalive),
  };
}

/** Without an interval Envoy asks only before a stream is opened, which is refused here. */
function keepaliveOf(given: Http2ProtocolOptions["connection_keepalive"]): Keepalive | undefined {
  const interval = milliseconds(given?.interval, 0);
  return interval > 0 ? { interval, timeout: milliseconds(given?.timeout, 0) } : undefined;
}

/** Throws where a window is not what Envoy takes. */
function windowSize(bytes: number | undefined, name: string): number | undefined {
  if (bytes !== undefined && !(bytes >= 65_535 && bytes <= 2_147_483_647)) {
    throw new RangeError(`http2_protocol_options.${name}: ${bytes} is not between 65535 and 2147483647`);
  }
  return bytes;
}
