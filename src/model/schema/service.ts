import type { Static } from "typebox";
import {
  atomic,
  choice,
  flag,
  integer,
  intOrString,
  keyed,
  list,
  object,
  portNumber,
  text,
  textMap,
  texts,
} from "./build.ts";
import { conditions, head, objectReference } from "./meta.ts";

const servicePort = object(
  "A port of the service.",
  { port: portNumber("Port number.") },
  {
    name: text("Name; needed with several ports.", { format: "dns-label" }),
    protocol: choice("Transport.", ["TCP", "UDP", "SCTP"], { default: "TCP" }),
    appProtocol: text("What is spoken: http, http2, grpc, tcp, tls, kubernetes.io/h2c …"),
    targetPort: intOrString("Number or name of the pods' port; the same number if absent."),
    nodePort: integer("Port on every node.", { minimum: 0, maximum: 65535 }),
  },
);
export type ServicePort = Static<typeof servicePort>;

const loadBalancer = object(
  "Where a load balancer is reached.",
  {},
  {
    ingress: list(
      "Addresses.",
      object(
        "An address.",
        {},
        {
          ip: text("Address."),
          hostname: text("Name."),
          ipMode: text("How packets arrive."),
          ports: list(
            "Ports.",
            object("A port.", { port: integer("Port."), protocol: text("Transport.") }, { error: text("Problem.") }),
            atomic,
          ),
        },
      ),
      atomic,
    ),
  },
);

export const service = object("A name and address for a set of pods.", head, {
  spec: object(
    "Whom it names.",
    {},
    {
      ports: keyed("Ports.", servicePort, "port", { "x-kubernetes-list-map-keys": ["port", "protocol"] }),
      selector: textMap("Labels of the pods."),
      clusterIP: text("Its address; `None` for a headless service."),
      clusterIPs: texts("Its addresses.", atomic),
      type: choice("How it is reached.", ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"], {
        default: "ClusterIP",
      }),
      externalIPs: texts("Outside addresses.", atomic),
      sessionAffinity: choice("Whether a client stays with a pod.", ["ClientIP", "None"], { default: "None" }),
      sessionAffinityConfig: object(
        "For how long.",
        {},
        {
          clientIP: object(
            "By address.",
            {},
            { timeoutSeconds: integer("Seconds.", { default: 10800, minimum: 1, maximum: 86400 }) },
          ),
        },
      ),
      loadBalancerIP: text("Address wished for."),
      loadBalancerSourceRanges: texts("Who may connect.", atomic),
      loadBalancerClass: text("Which load balancer."),
      allocateLoadBalancerNodePorts: flag("Node ports for a load balancer."),
      externalName: text("The name it stands for."),
      externalTrafficPolicy: choice("Where outside traffic goes.", ["Cluster", "Local"]),
      internalTrafficPolicy: choice("Where inside traffic goes.", ["Cluster", "Local"]),
      healthCheckNodePort: integer("Health port."),
      publishNotReadyAddresses: flag("Name pods that are not ready too."),
      ipFamilies: list("Address families.", choice("Family.", ["IPv4", "IPv6"]), atomic),
      ipFamilyPolicy: choice("How many families.", ["SingleStack", "PreferDualStack", "RequireDualStack"]),
      trafficDistribution: choice("Preference among pods.", ["PreferClose", "PreferSameZone", "PreferSameNode"]),
    },
  ),
  status: object("How it fares.", {}, { loadBalancer, conditions }),
});
export type Service = Static<typeof service>;

const forZones = list("Zones.", object("A zone.", { name: text("Name.") }, {}), atomic);
const endpoint = object(
  "One backend.",
  { addresses: texts("Its addresses.", { "x-kubernetes-list-type": "set", minItems: 1 }) },
  {
    conditions: object(
      "Its state.",
      {},
      {
        ready: flag("Takes traffic."),
        serving: flag("Works, though it may be ending."),
        terminating: flag("Is ending."),
      },
    ),
    hostname: text("Its host name."),
    targetRef: objectReference,
    deprecatedTopology: textMap("Unused."),
    nodeName: text("Its node."),
    zone: text("Its zone."),
    hints: object("Who should use it.", {}, { forZones, forNodes: forZones }),
  },
);

export const endpointSlice = object(
  "Backends of a service.",
  {
    ...head,
    addressType: choice("Kind of addresses.", ["IPv4", "IPv6", "FQDN"]),
    endpoints: list("Backends.", endpoint, atomic),
  },
  {
    ports: list(
      "Ports of every backend.",
      object(
        "A port.",
        {},
        {
          name: text("Name.", { default: "" }),
          protocol: choice("Transport.", ["TCP", "UDP", "SCTP"], { default: "TCP" }),
          port: integer("Number.", { minimum: 0, maximum: 65535 }),
          appProtocol: text("What is spoken."),
        },
      ),
      atomic,
    ),
  },
);
export type EndpointSlice = Static<typeof endpointSlice>;
