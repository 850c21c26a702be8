import type { ContainerOrder, PodOrder, VolumeOrder } from "../contract.ts";

/** Stands for the pod's address in an order made before the address is known. */
export const podIPPlaceholder = "@weft-pod-ip@";
/** Stands for `p` of a loopback pod's address 127.p.255.254, as in 127.p.a.b for the service 10.96.a.b. */
export const podNumberPlaceholder = "@weft-pod-number@";

/** The order with the pod's address in its variables, arguments and files. */
export function withPodIP(order: PodOrder, podIP: string): PodOrder {
  const number = podIP.split(".")[1] ?? "";
  const fill = (text: string) => text.replaceAll(podIPPlaceholder, podIP).replaceAll(podNumberPlaceholder, number);
  const container = (each: ContainerOrder): ContainerOrder => ({
    ...each,
    argv: each.argv.map(fill),
    env: mapValues(each.env, fill),
  });
  return {
    ...order,
    containers: order.containers.map(container),
    initContainers: order.initContainers.map(container),
    volumes: mapValues(order.volumes, (volume) => fillFiles(volume, fill)),
  };
}

function fillFiles(volume: VolumeOrder, fill: (text: string) => string): VolumeOrder {
  if (volume.kind !== "files") return volume;
  const files = volume.files.map((file) => {
    // As latin1 so that bytes which are no text survive; the placeholders are ASCII.
    const content = Buffer.from(file.contentBase64, "base64").toString("latin1");
    const filled = fill(content);
    return filled === content ? file : { ...file, contentBase64: Buffer.from(filled, "latin1").toString("base64") };
  });
  return { kind: "files", files };
}

function mapValues<V, W>(record: Readonly<Record<string, V>>, change: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
