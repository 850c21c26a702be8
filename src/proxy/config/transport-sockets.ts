import { isDeepStrictEqual } from "node:util";
import type { Cluster } from "../../xds/index.ts";
import type { ClientTls } from "../tls/client-tls.ts";
import type { Material } from "../tls/material.ts";
import { clientTls, proxiedSocket } from "../tls/transport-socket.ts";
import type { Transport } from "./endpoint.ts";

type Given = Pick<Cluster, "transport_socket" | "transport_socket_matches">;

/** How an endpoint is reached. */
interface TransportSocket {
  readonly tls: ClientTls | undefined;
  /** The version of the PROXY header each connection begins with. */
  readonly proxied: 1 | 2 | undefined;
}

/** The transport sockets of a cluster, and which of them an endpoint is reached by. */
export class TransportSockets {
  readonly #material: Material;
  #given: Given = { transport_socket_matches: [] };
  #first: TransportSocket = { tls: undefined, proxied: undefined };
  #matches: readonly { readonly wanted: Transport; readonly socket: TransportSocket }[] = [];

  constructor(material: Material) {
    this.#material = material;
  }

  /** Throws, with the field's path, on what cannot be honoured; then everything is as it was. True: they are others now. */
  configure({ transport_socket, transport_socket_matches = [] }: Given): boolean {
    const given: Given = {
      ...(transport_socket ? { transport_socket } : {}),
      transport_socket_matches,
    };
    // The same sockets keep their sessions.
    if (isDeepStrictEqual(given, this.#given)) return false;
    const first = this.#compile(transport_socket, "");
    this.#matches = transport_socket_matches.map(({ match = {}, transport_socket }, index) => ({
      wanted: match,
      socket: this.#compile(transport_socket, `transport_socket_matches[${index}].`),
    }));
    this.#first = first;
    this.#given = given;
    return true;
  }

  of(transport: Transport): TransportSocket {
    for (const { wanted, socket } of this.#matches) {
      if (Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(transport[key], value))) return socket;
    }
    return this.#first;
  }

  #compile(socket: Given["transport_socket"], path: string): TransportSocket {
    const { version, inner } = proxiedSocket(socket);
    return { tls: clientTls(inner, path, this.#material), proxied: version };
  }
}
