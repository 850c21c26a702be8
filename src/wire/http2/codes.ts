/** Error codes of RST_STREAM and GOAWAY (RFC 9113 §7). */
export const http2Codes = {
  noError: 0x0,
  protocolError: 0x1,
  internalError: 0x2,
  flowControlError: 0x3,
  settingsTimeout: 0x4,
  streamClosed: 0x5,
  frameSizeError: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compressionError: 0x9,
  connectError: 0xa,
  enhanceYourCalm: 0xb,
  inadequateSecurity: 0xc,
  http11Required: 0xd,
} as const;

/** Why a connection or a stream must end: the code the peer is told, and what our own log says. */
export interface Fault {
  readonly code: number;
  readonly reason: string;
}

export function protocolError(reason: string): Fault {
  return Object.freeze({ code: http2Codes.protocolError, reason });
}

export function frameSizeError(reason: string): Fault {
  return Object.freeze({ code: http2Codes.frameSizeError, reason });
}

export function streamClosed(reason: string): Fault {
  return Object.freeze({ code: http2Codes.streamClosed, reason });
}

export function flowControlError(reason: string): Fault {
  return Object.freeze({ code: http2Codes.flowControlError, reason });
}

export function enhanceYourCalm(reason: string): Fault {
  return Object.freeze({ code: http2Codes.enhanceYourCalm, reason });
}
