/** Istio's DNS table: host name → addresses. */
export interface NameTable {
  readonly table: Readonly<
    Record<
      string,
      {
        readonly ips: readonly string[];
        readonly registry?: string;
        readonly shortname?: string;
        readonly namespace?: string;
        readonly alt_hosts?: readonly string[];
      }
    >
  >;
}
