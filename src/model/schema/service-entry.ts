import type { Static } from "typebox";
import { choice, integer, list, map, object, portNumber, text, textMap, texts } from "./build.ts";
import { exportTo, istioStatus } from "./istio.ts";
import { head } from "./meta.ts";

const endpoint = object(
  "One backend.",
  {},
  {
    address: text("Address, name or `unix://` path."),
    ports: map("Its ports, by name.", portNumber("Number.")),
    labels: textMap("Its labels."),
    network: text("Its network."),
    locality: text("Its place, as region/zone/subzone."),
    weight: integer("Share.", { minimum: 0 }),
    serviceAccount: text("Its identity."),
  },
);

export const serviceEntry = object(
  "A service that Kubernetes does not know.",
  {
    ...head,
    spec: object(
      "The service.",
      { hosts: texts("Its names.", { minItems: 1 }) },
      {
        addresses: texts("Its addresses, single or as CIDR."),
        ports: list(
          "Its ports.",
          object(
            "A port.",
            { number: portNumber("Number."), name: text("Name.", { format: "dns-label" }) },
            {
              protocol: text("HTTP, HTTPS, GRPC, HTTP2, MONGO, TCP or TLS."),
              targetPort: portNumber("Port of the endpoints."),
            },
          ),
        ),
        location: choice("Whether it belongs to the mesh.", ["MESH_EXTERNAL", "MESH_INTERNAL"]),
        resolution: choice("How endpoints are found.", ["NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS"]),
        endpoints: list("Its backends.", endpoint),
        workloadSelector: object("Pods that are its backends.", {}, { labels: textMap("Labels of the pods.") }),
        exportTo,
        subjectAltNames: texts("Names the server must have."),
      },
    ),
  },
  { status: istioStatus },
);
export type ServiceEntry = Static<typeof serviceEntry>;
