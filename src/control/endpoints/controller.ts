import { codeOf } from "../../base/index.ts";
import { type EndpointSlice, keyOf, kinds, type Service } from "../../model/index.ts";
import { ControlLoop } from "../loop.ts";
import type { Controller, World } from "../world.ts";
import { portGroups, selects } from "./backends.ts";
import { managedBy, managedByLabel, serviceNameLabel, sliceChanges } from "./slices.ts";

/** Keeps the EndpointSlices of every Service that selects pods. A pod that is being deleted leaves the ready ones at once. */
export function startEndpointController(world: World): Controller {
  const { client } = world;
  const services = world.informer(kinds.Service);
  const pods = world.informer(kinds.Pod);
  const slices = world.informer(kinds.EndpointSlice);
  const loop = new ControlLoop({ name: "endpoints", world, reconcile });

  async function reconcile(key: string): Promise<void> {
    const service = services.get(key);
    const existing = slices.list().filter((slice) => isOurs(slice) && serviceKey(slice) === key);
    const groups = service && !service.metadata.deletionTimestamp && portGroups(service, podsBeside(service));
    if (!service || !groups) return remove(existing);
    // Of an earlier service of the same name; what owns them is gone.
    const foreign = existing.filter((slice) => !isOwnedBy(slice, service));
    const own = existing.filter((slice) => isOwnedBy(slice, service));
    const changes = sliceChanges(service, groups, own);
    await Promise.all([
      ...changes.create.map((slice) => client.create(kinds.EndpointSlice, slice)),
      ...changes.replace.map((slice) => client.replace(kinds.EndpointSlice, slice)),
    ]);
    await remove([...changes.remove, ...foreign]);
  }

  async function remove(unwanted: readonly EndpointSlice[]): Promise<void> {
    await Promise.all(unwanted.map((slice) => removed(slice)));
  }

  async function removed({ metadata: { namespace, name = "", uid = "" } }: EndpointSlice): Promise<void> {
    try {
      await client.delete(kinds.EndpointSlice, { namespace, name }, { uid });
    } catch (error) {
      if (codeOf(error) !== "NotFound") throw error;
    }
  }

  const podsBeside = ({ metadata }: Service) => pods.byNamespace(metadata.namespace ?? "default");
  const stops = [
    services.onChange((before, after) => {
      const service = after ?? before;
      if (service) loop.enqueue(keyOf(service));
    }),
    pods.onChange((before, after) => {
      for (const service of services.list()) {
        if ((before && selects(service, before)) || (after && selects(service, after))) loop.enqueue(keyOf(service));
      }
    }),
    // Somebody else's hand on a slice of ours, and slices left by a service that is gone.
    slices.onChange((before, after) => {
      const slice = after ?? before;
      if (slice && isOurs(slice)) loop.enqueue(serviceKey(slice));
    }),
  ];
  return {
    idle: () => loop.idle(),
    close() {
      for (const stop of stops) stop();
      loop.close();
    },
  };
}

const isOurs = ({ metadata }: EndpointSlice) => metadata.labels?.[managedByLabel] === managedBy;

const serviceKey = ({ metadata }: EndpointSlice) =>
  `${metadata.namespace ?? "default"}/${metadata.labels?.[serviceNameLabel] ?? ""}`;

const isOwnedBy = ({ metadata }: EndpointSlice, service: Service) =>
  metadata.ownerReferences?.some(({ uid }) => uid === service.metadata.uid) === true;
