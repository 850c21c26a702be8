import { typeUrls, versionOf, type ResourceKind } from "../../xds/index.ts";
import type { LiveWorkload } from "../config/workload.ts";
import { redacted } from "./redacted.ts";

/** Envoy's `/config_dump`: one section per kind, as a list of parts under the section's name. */
interface Section {
  readonly "@type": string;
  readonly [part: string]: unknown;
}

export interface DumpOptions {
  readonly endpoints: boolean;
  /** Only this part of the sections, e.g. `dynamic_listeners`. */
  readonly resource?: string | undefined;
  /** Everything comes from a file. */
  readonly isStatic?: boolean;
}

const admin = "type.googleapis.com/envoy.admin.v3";

/** The configuration in force of these workloads, each led by a section that names its node. */
export function configDump(
  workloads: readonly LiveWorkload[],
  options: DumpOptions,
): { readonly configs: readonly unknown[] } {
  const { resource, endpoints, isStatic = false } = options;
  const sections = workloads.flatMap((workload) =>
    isStatic ? staticSections(workload) : sectionsOf(workload, endpoints),
  );
  if (resource === undefined) return { configs: sections };
  return { configs: sections.flatMap((section) => (Array.isArray(section[resource]) ? section[resource] : [])) };
}

function sectionsOf(workload: LiveWorkload, endpoints: boolean): Section[] {
  return [
    { "@type": `${admin}.BootstrapConfigDump`, bootstrap: { node: workload.node } },
    {
      "@type": `${admin}.ClustersConfigDump`,
      static_clusters: [],
      dynamic_active_clusters: workload.clusters.map(({ message }) => ({
        version_info: versionOf(message),
        cluster: any("cluster", message),
      })),
    },
    ...(endpoints
      ? [
          {
            "@type": `${admin}.EndpointsConfigDump`,
            static_endpoint_configs: [],
            dynamic_endpoint_configs: workload.assignments.map((assignment) => ({
              version_info: versionOf(assignment),
              endpoint_config: any("endpoint", assignment),
            })),
          },
        ]
      : []),
    {
      "@type": `${admin}.ListenersConfigDump`,
      static_listeners: [],
      dynamic_listeners: workload.listeners.map(({ name, message }) => ({
        name,
        active_state: { version_info: versionOf(message), listener: any("listener", message) },
      })),
    },
    {
      "@type": `${admin}.RoutesConfigDump`,
      static_route_configs: [],
      dynamic_route_configs: workload.routes.map((message) => ({
        version_info: versionOf(message),
        route_config: any("route", message),
      })),
    },
  ];
}

function staticSections({ node, clusters, listeners }: LiveWorkload): Section[] {
  return [
    { "@type": `${admin}.BootstrapConfigDump`, bootstrap: { node } },
    {
      "@type": `${admin}.ClustersConfigDump`,
      static_clusters: clusters.map(({ message }) => ({ cluster: any("cluster", message) })),
      dynamic_active_clusters: [],
    },
    {
      "@type": `${admin}.ListenersConfigDump`,
      static_listeners: listeners.map(({ message }) => ({ listener: any("listener", message) })),
      dynamic_listeners: [],
    },
  ];
}

const any = (kind: ResourceKind, message: object) => ({ "@type": typeUrls[kind], ...redacted(message) });
