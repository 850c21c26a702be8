import type { Static } from "typebox";
import { choice, flag, list, object, portNumber, text, textMap, texts } from "./build.ts";
import { istioStatus } from "./istio.ts";
import { head } from "./meta.ts";

const version = (description: string) => choice(description, ["TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"]);

const tls = object(
  "TLS to clients.",
  {},
  {
    httpsRedirect: flag("Send clients to https."),
    mode: choice("Which.", ["PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL"]),
    serverCertificate: text("File with the certificate."),
    privateKey: text("File with its key."),
    caCertificates: text("File with trusted authorities."),
    caCrl: text("File with revoked certificates."),
    subjectAltNames: texts("Names clients must have."),
    credentialName: text("Secret with all of them."),
    credentialNames: texts("Secrets, one an algorithm."),
    caCertCredentialName: text("Secret or ConfigMap with trusted authorities."),
    tlsCertificates: list(
      "Certificates, one an algorithm.",
      object(
        "Files.",
        {},
        {
          serverCertificate: text("File with the certificate."),
          privateKey: text("File with its key."),
          caCertificates: text("File with trusted authorities."),
        },
      ),
    ),
    verifyCertificateSpki: texts("Keys clients may have."),
    verifyCertificateHash: texts("Certificates clients may have."),
    minProtocolVersion: version("Oldest version."),
    maxProtocolVersion: version("Newest version."),
    cipherSuites: texts("Ciphers."),
  },
);

const server = object(
  "A port and the hosts on it.",
  {
    port: object(
      "The port.",
      {
        number: portNumber("Number."),
        protocol: text("HTTP, HTTPS, GRPC, GRPC-WEB, HTTP2, MONGO, TCP or TLS."),
        name: text("Name."),
      },
      { targetPort: portNumber("Port of the gateway's pods.") },
    ),
    hosts: texts("Hosts, as `[namespace/]host`.", { minItems: 1 }),
  },
  {
    bind: text("Address to listen on."),
    tls,
    defaultEndpoint: text("Unused."),
    name: text("Name, unique in the gateway."),
  },
);

export const gateway = object(
  "Where traffic enters or leaves the mesh.",
  {
    ...head,
    spec: object(
      "The servers.",
      {},
      { servers: list("Servers.", server), selector: textMap("Labels of the gateway's pods.") },
    ),
  },
  { status: istioStatus },
);
export type Gateway = Static<typeof gateway>;
