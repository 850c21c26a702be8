import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import {
  transportSocketTypes,
  type CommonTlsContext,
  type DownstreamTlsContext,
  type FilterChain,
  type FilterChainMatch,
  type HttpConnectionManager,
  type TypedFilter,
  type UpstreamTlsContext,
} from "../../xds/index.ts";
import { httpListener, toCluster } from "../fixture.ts";
import type { Keyed } from "./fixture.ts";

/** A certificate as configuration gives it. */
export const ownCertificate = ({ certificate, key }: Keyed) => ({
  certificate_chain: { inline_string: certificate },
  private_key: { inline_string: key },
});

export function downstream(
  common: CommonTlsContext,
  more: Omit<DownstreamTlsContext, "@type" | "common_tls_context"> = {},
): TypedFilter {
  const typed: DownstreamTlsContext = {
    "@type": transportSocketTypes.downstreamTls,
    common_tls_context: common,
    ...more,
  };
  return { name: "envoy.transport_sockets.tls", typed_config: typed };
}

export function upstream(
  common: CommonTlsContext,
  more: Omit<UpstreamTlsContext, "@type" | "common_tls_context"> = {},
): TypedFilter {
  const typed: UpstreamTlsContext = { "@type": transportSocketTypes.upstreamTls, common_tls_context: common, ...more };
  return { name: "envoy.transport_sockets.tls", typed_config: typed };
}

/** A chain whose requests all go to `cluster`, or another one's filters. */
export function securedChain(
  socket: TypedFilter,
  match?: FilterChainMatch,
  options: Partial<HttpConnectionManager> & { readonly cluster?: string } = {},
): FilterChain {
  const { cluster = "origin", ...manager } = options;
  const [chain] = httpListener(80, [toCluster(cluster)], manager).filter_chains;
  return {
    ...chain,
    filters: chain?.filters ?? [],
    transport_socket: socket,
    ...(match ? { filter_chain_match: match } : {}),
  };
}

/** What a client found, and what it read. */
export interface Visit {
  readonly answer: string;
  readonly alpn: string | false | null;
  /** The common name of the server's certificate. */
  readonly server: string;
  readonly reused: boolean;
  readonly session: Buffer | undefined;
}

/** Sends text over TLS and reads until `enough` or the end. Rejects when the connection breaks before anything was read. */
export function visit(
  port: number,
  text: string,
  options: ConnectionOptions = {},
  enough = (answer: string) => /\r\n\r\n[^]+$/.test(answer),
): Promise<Visit> {
  return new Promise((resolve, reject) => {
    let answer = "";
    let session: Buffer | undefined;
    let found: Omit<Visit, "answer" | "session"> = { alpn: null, server: "", reused: false };
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options }, () => {
      found = { alpn: socket.alpnProtocol, server: nameOf(socket), reused: socket.isSessionReused() };
      socket.write(text, "latin1");
    });
    const finish = () => {
      socket.destroy();
      if (answer === "") reject(new Error("closed without an answer"));
      else resolve({ ...found, answer, session });
    };
    socket.on("session", (given) => (session = given));
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
      if (enough(answer)) setImmediate(finish);
    });
    socket.on("end", finish);
    socket.on("error", reject);
    socket.setTimeout(5000, () => reject(new Error("no answer within 5 s")));
  });
}

function nameOf(socket: TLSSocket): string {
  const { subject } = socket.getPeerCertificate();
  const name: unknown = subject?.CN;
  return typeof name === "string" ? name : "";
}
