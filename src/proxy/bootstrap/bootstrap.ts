import type { Cluster, Listener, Secret } from "../../xds/index.ts";

/** `envoy.config.bootstrap.v3.Bootstrap`, as far as it is honoured. */
export interface Bootstrap {
  readonly node?: { readonly id?: string; readonly cluster?: string; readonly metadata?: unknown };
  readonly static_resources?: {
    readonly listeners?: readonly Listener[];
    readonly clusters?: readonly Cluster[];
    readonly secrets?: readonly Secret[];
  };
  readonly admin?: {
    readonly address?: { readonly socket_address: { readonly address: string; readonly port_value: number } };
  };
}
