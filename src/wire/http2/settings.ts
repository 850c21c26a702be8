import { enhanceYourCalm, flowControlError, protocolError, type Fault } from "./codes.ts";
import { frameSize, frameTypes, headSize, initialWindow, mostWindow, writeFrameHead, writeWord } from "./frame.ts";
import type { SessionOptions } from "./session-options.ts";

/** Which half of a connection a session is. */
export type Role = "server" | "client";

const ids = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
  noRfc7540Priorities: 9,
} as const;

const mostFrameSize = 0xff_ffff;
const notBoolean = protocolError("a setting that is 0 or 1 has another value");
const windowTooLarge = flowControlError("SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1");
const wrongFrameSize = protocolError("SETTINGS_MAX_FRAME_SIZE outside 2^14 … 2^24-1");
const pushByServer = protocolError("SETTINGS_ENABLE_PUSH 1 from a server");
const connectTakenBack = protocolError("SETTINGS_ENABLE_CONNECT_PROTOCOL taken back");
const tooMany = enhanceYourCalm("too many entries in one SETTINGS frame");

/** What the peer said in its SETTINGS; before that, what RFC 9113 §6.5.2 says for it. */
export class PeerSettings {
  tableSize = 4096;
  /** Until it is said, one that every peer allows. */
  concurrentStreams = 100;
  initialWindow = initialWindow;
  connectProtocol = false;
  arrived = false;

  /** Reads the payload of a SETTINGS frame; its size is a multiple of 6. */
  read(buffer: Buffer, start: number, end: number, peer: Role, most: number): Fault | undefined {
    if (end - start > most * 6) return tooMany;
    if (!this.arrived) {
      this.arrived = true;
      this.concurrentStreams = Infinity;
    }
    for (let at = start; at < end; at += 6) {
      const fault = this.#set(buffer.readUInt16BE(at), buffer.readUInt32BE(at + 2), peer);
      if (fault) return fault;
    }
    return undefined;
  }

  #set(id: number, value: number, peer: Role): Fault | undefined {
    switch (id) {
      case ids.headerTableSize:
        this.tableSize = value;
        return undefined;
      case ids.enablePush:
        if (value > 1) return notBoolean;
        return value === 1 && peer === "server" ? pushByServer : undefined;
      case ids.maxConcurrentStreams:
        this.concurrentStreams = value;
        return undefined;
      case ids.initialWindowSize:
        if (value > mostWindow) return windowTooLarge;
        this.initialWindow = value;
        return undefined;
      case ids.maxFrameSize:
        // More than 2^14 bytes we never send in one frame.
        return value < frameSize || value > mostFrameSize ? wrongFrameSize : undefined;
      case ids.enableConnectProtocol:
        if (value > 1) return notBoolean;
        if (value === 0 && this.connectProtocol) return connectTakenBack;
        this.connectProtocol = value === 1;
        return undefined;
      case ids.noRfc7540Priorities:
        return value > 1 ? notBoolean : undefined;
      default:
        return undefined;
    }
  }
}

/** Our SETTINGS frame, and the WINDOW_UPDATE that widens the connection. Values that everybody begins with are left out. */
export function greeting(role: Role, options: SessionOptions): Buffer {
  const { limits } = options;
  const entries: number[] = [];
  if (options.tableSize !== 4096) entries.push(ids.headerTableSize, options.tableSize);
  if (role === "client") entries.push(ids.enablePush, 0);
  else entries.push(ids.maxConcurrentStreams, limits.concurrentStreams);
  if (options.streamWindow !== initialWindow) entries.push(ids.initialWindowSize, options.streamWindow);
  entries.push(ids.maxHeaderListSize, limits.fieldListSize);
  if (role === "server" && options.connectProtocol) entries.push(ids.enableConnectProtocol, 1);
  const size = (entries.length / 2) * 6;
  const wider = options.connectionWindow - initialWindow;
  const all = Buffer.allocUnsafe(headSize + size + (wider > 0 ? headSize + 4 : 0));
  let at = writeFrameHead(all, 0, size, frameTypes.settings, 0, 0);
  for (let index = 0; index < entries.length; index += 2) {
    at = all.writeUInt16BE(entries[index] ?? 0, at);
    at = writeWord(all, at, entries[index + 1] ?? 0);
  }
  if (wider > 0) writeWord(all, writeFrameHead(all, at, 4, frameTypes.windowUpdate, 0, 0), wider);
  return all;
}

/** A window below what every connection begins with cannot be said for the connection (§6.9.2). */
export function connectionWindowOf(options: SessionOptions): number {
  return Math.max(initialWindow, options.connectionWindow);
}
