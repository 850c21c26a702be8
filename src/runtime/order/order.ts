import { codeOf, explain } from "../../base/index.ts";
import type { Container, KubeObject, Pod } from "../../model/index.ts";
import type { ContainerOrder, PodOrder, VolumeOrder } from "../contract.ts";
import { resolveImage } from "../image/index.ts";
import { expand } from "./expansion.ts";
import type { OrderInput } from "./input.ts";
import { serviceVariables } from "./service-variables.ts";
import { withTokenVolume } from "./token-volume.ts";
import { containerVariables } from "./variables.ts";
import { resolveVolume } from "./volume.ts";

/** What an image would set; the names a person's own shell knows are the caller's to give. */
const standardEnvironment: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
};

/**
 * All the agent needs to run the pod. The pod in it has its token volume, and no `subPathExpr` any more.
 * A reference that leads nowhere makes `blocked`, with Kubernetes' reason and words; it never throws for one.
 */
export async function resolveOrder(input: OrderInput): Promise<PodOrder> {
  const pod = withTokenVolume(input);
  const services = serviceVariables(input);
  const order = (container: Container) => containerOrder(input, container, services);
  const containers = pod.spec.containers.map(order);
  const initContainers = (pod.spec.initContainers ?? []).map(order);

  const volumes: Record<string, VolumeOrder> = {};
  let blocked = danglingMount(pod);
  for (const volume of pod.spec.volumes ?? []) {
    try {
      volumes[volume.name] = await resolveVolume(input, volume);
    } catch (error) {
      const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${explain(error)}`;
      blocked ??= { reason: "ContainerCreating", message };
    }
  }
  return {
    pod: withSubPaths(pod, [...containers, ...initContainers]),
    containers,
    initContainers,
    volumes,
    ...(blocked && { blocked }),
  };
}

function containerOrder(
  input: OrderInput,
  container: Container,
  services: Readonly<Record<string, string>>,
): ContainerOrder {
  const { name, command = [], args = [] } = container;
  const program = resolveImage(container.image ?? "", input.catalogs);
  const image = "blocked" in program ? undefined : program;
  const base = { ...standardEnvironment, ...input.environment, HOSTNAME: hostname(input.pod), ...image?.env };
  // With a command of its own the container needs no image: what is unknown about it does not matter.
  if ("blocked" in program && command.length === 0) {
    return { name, argv: [], env: base, blocked: program.blocked };
  }
  try {
    const variables = containerVariables(input, container, services);
    const given = (texts: readonly string[]) => texts.map((text) => expand(text, variables));
    const imageArgs = args.length > 0 || command.length > 0 ? [] : (image?.args ?? []);
    const argv = [...(command.length > 0 ? given(command) : (image?.command ?? [])), ...imageArgs, ...given(args)];
    const workingDir = container.workingDir || image?.workingDir;
    const env = { ...base, ...portVariable(input, container), ...variables };
    return { name, argv, env, ...(workingDir !== undefined && { workingDir }) };
  } catch (error) {
    const reason = codeOf(error) ?? "CreateContainerConfigError";
    return { name, argv: [], env: base, blocked: { reason, message: explain(error) } };
  }
}

function hostname({ metadata, spec }: Pod): string {
  return spec.hostname ?? (metadata.name ?? "").slice(0, 63).replace(/[-.]+$/, "");
}

function portVariable({ network }: OrderInput, { ports }: Container): Record<string, string> {
  const first = ports?.[0];
  return network === "loopback" && first ? { PORT: String(first.containerPort) } : {};
}

function danglingMount({ spec }: Pod): PodOrder["blocked"] {
  const names = new Set(spec.volumes?.map(({ name }) => name));
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const lost = container.volumeMounts?.find(({ name }) => !names.has(name));
    if (!lost) continue;
    const message = `container "${container.name}" mounts "${lost.name}", but the pod has no volume of that name`;
    return { reason: "ContainerCreating", message };
  }
  return undefined;
}

/** `subPathExpr` needs the variables of its container, which only stand in the order: it becomes `subPath` here. */
function withSubPaths(pod: Pod, orders: readonly ContainerOrder[]): KubeObject {
  const plain = <C extends Container>(container: C): C => {
    if (!container.volumeMounts?.some(({ subPathExpr }) => subPathExpr)) return container;
    const env = orders.find(({ name }) => name === container.name)?.env ?? {};
    const volumeMounts = container.volumeMounts.map(({ subPathExpr, ...mount }) =>
      subPathExpr ? { ...mount, subPath: expand(subPathExpr, env) } : mount,
    );
    return { ...container, volumeMounts };
  };
  const { initContainers, containers } = pod.spec;
  const spec = {
    ...pod.spec,
    containers: containers.map(plain),
    ...(initContainers && { initContainers: initContainers.map(plain) }),
  };
  return { ...pod, spec };
}
