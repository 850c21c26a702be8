import type { Static } from "typebox";
import { affinity, toleration, topologySpread } from "./affinity.ts";
import {
  anything,
  atomic,
  choice,
  flag,
  integer,
  keyed,
  list,
  map,
  object,
  quantity,
  text,
  textMap,
  texts,
  time,
} from "./build.ts";
import { container, containerStatus, ephemeralContainer, profile, resources, seLinux, windows } from "./container.ts";
import { conditions, head, localReference, objectMeta } from "./meta.ts";
import { volume } from "./volume.ts";

const podSecurity = object(
  "Privileges of all containers.",
  {},
  {
    seLinuxOptions: seLinux,
    windowsOptions: windows,
    runAsUser: integer("User id."),
    runAsGroup: integer("Group id."),
    runAsNonRoot: flag("Refuse to run as root."),
    supplementalGroups: list("More groups.", integer("Group id."), atomic),
    supplementalGroupsPolicy: choice("How groups merge.", ["Merge", "Strict"]),
    fsGroup: integer("Group of volumes."),
    fsGroupChangePolicy: choice("When ownership changes.", ["OnRootMismatch", "Always"]),
    sysctls: list("Kernel settings.", object("A setting.", { name: text("Name."), value: text("Value.") }, {}), atomic),
    seccompProfile: profile,
    appArmorProfile: profile,
    seLinuxChangePolicy: choice("How volumes are relabelled.", ["Recursive", "MountOption"]),
  },
);

const mapByName = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] } as const;

const podSpec = object(
  "What the pod runs.",
  { containers: keyed("Its programs.", container, "name", { minItems: 1 }) },
  {
    initContainers: keyed("Programs that end, in order, before the others start.", container, "name"),
    ephemeralContainers: keyed("Added to look inside.", ephemeralContainer, "name"),
    volumes: keyed("Its volumes.", volume, "name", { "x-kubernetes-patch-strategy": "merge,retainKeys" }),
    restartPolicy: choice("When a container that ended starts again.", ["Always", "OnFailure", "Never"], {
      default: "Always",
    }),
    terminationGracePeriodSeconds: integer("Seconds to end by itself.", { default: 30, minimum: 0 }),
    activeDeadlineSeconds: integer("Seconds it may run.", { minimum: 1 }),
    dnsPolicy: choice("Where names are resolved.", ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"], {
      default: "ClusterFirst",
    }),
    nodeSelector: textMap("Labels of the node."),
    serviceAccountName: text("Its identity."),
    serviceAccount: text("The old name of serviceAccountName."),
    automountServiceAccountToken: flag("Mount a token."),
    nodeName: text("The node it runs on."),
    hostNetwork: flag("Use the node's network."),
    hostPID: flag("See the node's processes."),
    hostIPC: flag("Use the node's IPC."),
    shareProcessNamespace: flag("Containers see each other's processes."),
    securityContext: podSecurity,
    imagePullSecrets: keyed("Credentials for registries.", localReference, "name"),
    hostname: text("Its host name.", { format: "dns-label" }),
    hostnameOverride: text("Host name whatever the service says."),
    subdomain: text("Headless service that names it.", { format: "dns-label" }),
    affinity,
    schedulerName: text("Which scheduler.", { default: "default-scheduler" }),
    tolerations: list("Taints it bears.", toleration, atomic),
    hostAliases: keyed(
      "Lines of /etc/hosts.",
      object("A line.", { ip: text("Address.") }, { hostnames: texts("Names.", atomic) }),
      "ip",
    ),
    priorityClassName: text("Priority class."),
    priority: integer("Priority."),
    dnsConfig: object(
      "Resolver settings.",
      {},
      {
        nameservers: texts("Servers.", atomic),
        searches: texts("Search domains.", atomic),
        options: list("Options.", object("An option.", {}, { name: text("Name."), value: text("Value.") }), atomic),
      },
    ),
    readinessGates: list(
      "Conditions that readiness needs.",
      object("A gate.", { conditionType: text("Condition.") }, {}),
      atomic,
    ),
    runtimeClassName: text("Runtime class."),
    enableServiceLinks: flag("Environment variables for services.", { default: true }),
    preemptionPolicy: choice("Whether it may push others out.", ["PreemptLowerPriority", "Never"]),
    overhead: map("Overhead.", quantity("Amount.")),
    topologySpreadConstraints: keyed("How pods spread.", topologySpread, "topologyKey", {
      "x-kubernetes-list-map-keys": ["topologyKey", "whenUnsatisfiable"],
    }),
    setHostnameAsFQDN: flag("The host name is the full one."),
    os: object("Operating system.", { name: choice("Name.", ["linux", "windows"]) }, {}),
    hostUsers: flag("Use the host's users."),
    schedulingGates: keyed("What holds scheduling back.", object("A gate.", { name: text("Name.") }, {}), "name"),
    resourceClaims: list(
      "Device claims.",
      object(
        "A claim.",
        { name: text("Name.") },
        { resourceClaimName: text("Claim."), resourceClaimTemplateName: text("Template.") },
      ),
      { ...mapByName, "x-kubernetes-patch-strategy": "merge,retainKeys", "x-kubernetes-patch-merge-key": "name" },
    ),
    resources,
    workloadRef: anything("Group scheduling."),
  },
);
export type PodSpec = Static<typeof podSpec>;

export const podTemplate = object("The pods to make.", {}, { metadata: objectMeta, spec: podSpec });
export type PodTemplate = Static<typeof podTemplate>;

const podStatus = object(
  "How the pod fares.",
  {},
  {
    phase: choice("Phase.", ["Pending", "Running", "Succeeded", "Failed", "Unknown"]),
    observedGeneration: integer("Generation seen."),
    conditions,
    message: text("For people."),
    reason: text("One word."),
    nominatedNodeName: text("Node kept for it."),
    hostIP: text("Address of the node."),
    hostIPs: keyed("Addresses of the node.", object("An address.", { ip: text("Address.") }, {}), "ip", atomic),
    podIP: text("Its address."),
    podIPs: keyed("Its addresses.", object("An address.", { ip: text("Address.") }, {}), "ip"),
    startTime: time("When it was accepted."),
    initContainerStatuses: list("Init containers.", containerStatus, atomic),
    containerStatuses: list("Containers.", containerStatus, atomic),
    ephemeralContainerStatuses: list("Ephemeral containers.", containerStatus, atomic),
    qosClass: choice("Quality of service.", ["Guaranteed", "Burstable", "BestEffort"]),
    resize: text("State of a resize."),
    resourceClaimStatuses: list("Claims.", anything("A claim.")),
    extendedResourceClaimStatus: anything("A claim."),
    allocatedResources: map("Allocated.", quantity("Amount.")),
    resources,
  },
);
export type PodStatus = Static<typeof podStatus>;

export const pod = object("Programs that share an address.", head, { spec: podSpec, status: podStatus });
export type Pod = Static<typeof pod> & { spec: PodSpec };
