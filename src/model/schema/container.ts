import type { Static } from "typebox";
import {
  anything,
  atomic,
  choice,
  flag,
  integer,
  intOrString,
  keyed,
  list,
  map,
  object,
  quantity,
  text,
  texts,
} from "./build.ts";

const key = (of: string) =>
  object(
    `A key of a ${of}.`,
    { key: text("The key.") },
    { name: text(`Name of the ${of}.`), optional: flag("May be absent.") },
  );

export const fieldReference = object(
  "A field of the pod.",
  { fieldPath: text("Such as `metadata.name`, `metadata.labels['app']`, `status.podIP`.") },
  { apiVersion: text("Version of the path.", { default: "v1" }) },
);
export const resourceReference = object(
  "A resource limit or request of a container.",
  { resource: text("Such as `limits.cpu`.") },
  { containerName: text("The container; needed in volumes."), divisor: quantity("Unit of the output.") },
);

const envVar = object(
  "An environment variable.",
  { name: text("Name.", { format: "env-name" }) },
  {
    value: text("Value; `$(OTHER)` is expanded."),
    valueFrom: object(
      "Where the value comes from: exactly one of these.",
      {},
      {
        fieldRef: fieldReference,
        resourceFieldRef: resourceReference,
        configMapKeyRef: key("ConfigMap"),
        secretKeyRef: key("Secret"),
        fileKeyRef: object(
          "A key of a file in a volume.",
          { key: text("The key."), path: text("Path in the volume."), volumeName: text("The volume.") },
          { optional: flag("May be absent.", { default: false }) },
        ),
      },
    ),
  },
);
export type EnvVar = Static<typeof envVar>;

const envSource = (of: string) =>
  object(`All keys of a ${of}.`, {}, { name: text("Its name."), optional: flag("May be absent.") });
const envFrom = object(
  "A source of many variables.",
  {},
  { prefix: text("Put before each name."), configMapRef: envSource("ConfigMap"), secretRef: envSource("Secret") },
);

const containerPort = object(
  "A port the container listens on.",
  { containerPort: integer("Port number.", { minimum: 1, maximum: 65535 }) },
  {
    name: text("Name that services may use.", { format: "port-name" }),
    hostPort: integer("Port of the host.", { minimum: 0, maximum: 65535 }),
    hostIP: text("Address of the host."),
    protocol: choice("Transport.", ["TCP", "UDP", "SCTP"], { default: "TCP" }),
  },
);
export type ContainerPort = Static<typeof containerPort>;

const volumeMount = object(
  "Where a volume stands in the container.",
  { name: text("Volume name."), mountPath: text("Absolute path.") },
  {
    readOnly: flag("May not be written."),
    recursiveReadOnly: choice("Also what is mounted below.", ["Disabled", "IfPossible", "Enabled"]),
    subPath: text("A path inside the volume."),
    subPathExpr: text("The same, with `$(VAR)` expanded."),
    mountPropagation: choice("Visibility of later mounts.", ["None", "HostToContainer", "Bidirectional"]),
  },
);

const execAction = object(
  "Run a command; exit status 0 is success.",
  {},
  { command: texts("Program and arguments; no shell.", atomic) },
);
const httpAction = object(
  "An HTTP request; 200–399 is success.",
  { port: intOrString("Number or name of the port.") },
  {
    path: text("Path.", { default: "/" }),
    host: text("Host to connect to; the pod's address if absent."),
    scheme: choice("Scheme.", ["HTTP", "HTTPS"], { default: "HTTP" }),
    httpHeaders: list(
      "Headers to send.",
      object("A header.", { name: text("Name."), value: text("Value.") }, {}),
      atomic,
    ),
  },
);
const tcpAction = object(
  "Open a connection.",
  { port: intOrString("Number or name of the port.") },
  { host: text("Host; the pod's address if absent.") },
);

const probe = object(
  "A check of the container: exactly one of exec, grpc, httpGet, tcpSocket.",
  {},
  {
    exec: execAction,
    httpGet: httpAction,
    tcpSocket: tcpAction,
    grpc: object(
      "gRPC health check.",
      { port: integer("Port.", { minimum: 1, maximum: 65535 }) },
      { service: text("Service asked for.", { default: "" }) },
    ),
    initialDelaySeconds: integer("Seconds before the first probe.", { minimum: 0 }),
    timeoutSeconds: integer("Seconds until a probe fails.", { default: 1, minimum: 0 }),
    periodSeconds: integer("Seconds between probes.", { default: 10, minimum: 0 }),
    successThreshold: integer("Successes in a row to succeed.", { default: 1, minimum: 0 }),
    failureThreshold: integer("Failures in a row to fail.", { default: 3, minimum: 0 }),
    terminationGracePeriodSeconds: integer("Grace when this probe kills.", { minimum: 1 }),
  },
);
export type Probe = Static<typeof probe>;

const hook = object(
  "What to run: exactly one of these.",
  {},
  {
    exec: execAction,
    httpGet: httpAction,
    tcpSocket: tcpAction,
    sleep: object("Wait.", { seconds: integer("How long.") }, {}),
  },
);
export type LifecycleHook = Static<typeof hook>;
const lifecycle = object(
  "Hooks around the container's life.",
  {},
  { postStart: hook, preStop: hook, stopSignal: text("Signal to stop with, such as SIGTERM.") },
);

export const resources = object(
  "What the container needs and may use.",
  {},
  {
    limits: map("At most.", quantity("Amount.")),
    requests: map("At least.", quantity("Amount.")),
    claims: list(
      "Claims of the pod it uses.",
      object("A claim.", { name: text("Its name.") }, { request: text("One request of it.") }),
      {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
      },
    ),
  },
);

export const profile = object(
  "A confinement profile.",
  { type: choice("Which.", ["Localhost", "RuntimeDefault", "Unconfined"]) },
  { localhostProfile: text("Name of the profile on the host.") },
);
export const seLinux = object(
  "SELinux label.",
  {},
  { user: text("User."), role: text("Role."), type: text("Type."), level: text("Level.") },
);
export const windows = object(
  "Windows settings.",
  {},
  {
    gmsaCredentialSpecName: text("GMSA name."),
    gmsaCredentialSpec: text("GMSA spec."),
    runAsUserName: text("User."),
    hostProcess: flag("Runs on the host."),
  },
);
const securityContext = object(
  "Privileges of the container.",
  {},
  {
    capabilities: object("Capabilities.", {}, { add: texts("Added.", atomic), drop: texts("Dropped.", atomic) }),
    privileged: flag("Everything the host may."),
    seLinuxOptions: seLinux,
    windowsOptions: windows,
    runAsUser: integer("User id."),
    runAsGroup: integer("Group id."),
    runAsNonRoot: flag("Refuse to run as root."),
    readOnlyRootFilesystem: flag("The root may not be written."),
    allowPrivilegeEscalation: flag("May gain privileges."),
    procMount: choice("How /proc is mounted.", ["Default", "Unmasked"]),
    seccompProfile: profile,
    appArmorProfile: profile,
  },
);

const common = {
  image: text("Image name."),
  command: texts("Program; the image's own if absent.", atomic),
  args: texts("Arguments.", atomic),
  workingDir: text("Directory to start in."),
  envFrom: list("Sources of variables.", envFrom, atomic),
  env: keyed("Variables.", envVar, "name"),
  resources,
  resizePolicy: list(
    "What a change of a resource does.",
    object(
      "A policy.",
      { resourceName: text("Resource."), restartPolicy: choice("Effect.", ["NotRequired", "RestartContainer"]) },
      {},
    ),
    atomic,
  ),
  restartPolicy: choice("`Always` makes an init container a sidecar.", ["Always", "OnFailure", "Never"]),
  restartPolicyRules: list(
    "Restart by exit code.",
    object(
      "A rule.",
      { action: choice("What to do.", ["Restart", "RestartAllContainers"]) },
      {
        exitCodes: object(
          "Exit codes.",
          { operator: choice("Relation.", ["In", "NotIn"]) },
          { values: list("Codes.", integer("Code."), { "x-kubernetes-list-type": "set" }) },
        ),
      },
    ),
    atomic,
  ),
  volumeMounts: keyed("Where volumes stand.", volumeMount, "mountPath"),
  volumeDevices: keyed(
    "Block devices.",
    object("A device.", { name: text("Volume."), devicePath: text("Path.") }, {}),
    "devicePath",
  ),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle,
  terminationMessagePath: text("File with the last words.", { default: "/dev/termination-log" }),
  terminationMessagePolicy: choice("Where last words come from.", ["File", "FallbackToLogsOnError"], {
    default: "File",
  }),
  imagePullPolicy: choice("When to fetch the image; Always for `:latest` or no tag.", [
    "Always",
    "IfNotPresent",
    "Never",
  ]),
  securityContext,
  stdin: flag("Keep standard input."),
  stdinOnce: flag("Close it after the first client."),
  tty: flag("Give it a terminal."),
};

const ports = keyed("Ports it listens on.", containerPort, "containerPort", {
  "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
});
const name = text("Unique name in the pod.", { format: "dns-label" });

export const container = object("A program of the pod.", { name }, { ports, ...common });
export type Container = Static<typeof container>;

export const ephemeralContainer = object(
  "A container added to a running pod to look inside.",
  { name },
  { ports, targetContainerName: text("Whose namespaces it shares."), ...common },
);

const stateSchema = object(
  "What the container is doing: one of these.",
  {},
  {
    waiting: object("Not started.", {}, { reason: text("Why."), message: text("More.") }),
    running: object("Running.", {}, { startedAt: text("Since.", { format: "date-time" }) }),
    terminated: object(
      "Ended.",
      { exitCode: integer("Exit status.") },
      {
        signal: integer("Signal that ended it."),
        reason: text("Why."),
        message: text("Last words."),
        startedAt: text("Start.", { format: "date-time" }),
        finishedAt: text("End.", { format: "date-time" }),
        containerID: text("Id."),
      },
    ),
  },
);
export type ContainerState = Static<typeof stateSchema>;

export const containerStatus = object(
  "How a container fares.",
  {
    name: text("Container."),
    ready: flag("Passes its readiness probe."),
    restartCount: integer("Restarts."),
    image: text("Image."),
    imageID: text("Image id."),
  },
  {
    state: stateSchema,
    lastState: stateSchema,
    containerID: text("Id."),
    started: flag("Passed its startup probe."),
    allocatedResources: map("Allocated.", quantity("Amount.")),
    resources,
    volumeMounts: keyed("Mounts.", volumeMount, "mountPath"),
    user: anything("Who it runs as."),
    allocatedResourcesStatus: list("Health of resources.", anything("A resource.")),
    stopSignal: text("Signal to stop with."),
  },
);
export type ContainerStatus = Static<typeof containerStatus>;
