/** Bytes ⇄ messages, no sockets: HTTP/1.1 heads, bodies and paths as strict as RFC 9110 and RFC 9112 allow, first bytes, PROXY headers. */
import "./latin1.ts";
export * from "./authority.ts";
export * from "./chunked.ts";
export * from "./fields.ts";
export * from "./head-reader.ts";
export * from "./http2/hpack-decoder.ts";
export * from "./http2/hpack-encoder.ts";
export * from "./limits.ts";
export * from "./path.ts";
export * from "./proxy-header.ts";
export * from "./proxy-protocol.ts";
export * from "./refusal.ts";
export * from "./request.ts";
export * from "./response.ts";
export * from "./sniff.ts";
export * from "./trailers.ts";
