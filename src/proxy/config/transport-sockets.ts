import { isDeepStrictEqual } from "node:util";
import type { Cluster } from "../../xds/index.ts";
import type { ClientTls } from "../tls/client-tls.ts";
import type { Material } from "../tls/material.ts";
import { clientTls } from "../tls/transport-socket.ts";
import type { Transport } from "./endpoint.ts";

type Given = Pick<Cluster, "transport_socket" | "transport_socket_matches">;

/** The transport sockets of a cluster, and which of them an endpoint is reached by. */
export class TransportSockets {
  readonly #material: Material;
  #given: Given = {};
  #first: ClientTls | undefined;
  #matches: readonly { readonly wanted: Transport; readonly tls: ClientTls | undefined }[] = [];

  constructor(material: Material) {
    this.#material = material;
  }

  /** Throws, with the field's path, on what cannot be honoured; then everything is as it was. */
  configure({ transport_socket, transport_socket_matches = [] }: Given): void {
    const given: Given = {
      ...(transport_socket ? { transport_socket } : {}),
      transport_socket_matches,
    };
    // The same sockets keep their sessions.
    if (isDeepStrictEqual(given, this.#given)) return;
    const first = clientTls(transport_socket, "", this.#material);
    this.#matches = transport_socket_matches.map(({ match = {}, transport_socket }, index) => ({
      wanted: match,
      tls: clientTls(transport_socket, `transport_socket_matches[${index}].`, this.#material),
    }));
    this.#first = first;
    this.#given = given;
  }

  of(transport: Transport): ClientTls | undefined {
    for (const { wanted, tls } of this.#matches) {
      if (Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(transport[key], value))) return tls;
    }
    return this.#first;
  }
}
