import { BoundPorts, type ChosenPorts, keyOf } from "../capture/bound-ports.ts";
import type { Bootstrap } from "./bootstrap.ts";
import { portsOf } from "./resources.ts";

/**
 * Sees whether every port of a bootstrap that is not among `ours` can be bound, and chooses those it leaves open. Gives all of
 * them, for the processes that share them. Rejects when one is taken.
 */
export async function freePorts(bootstrap: Bootstrap, ours: ChosenPorts): Promise<ChosenPorts> {
  const wanted = portsOf(bootstrap);
  const trial = new BoundPorts({ shared: false, accept: (socket) => socket.destroy() });
  const follow = await trial.prepare(wanted.filter((at) => !Object.hasOwn(ours, keyOf(at))));
  follow();
  const all = { ...ours, ...trial.chosen };
  trial.close();
  return Object.fromEntries(wanted.map((at) => [keyOf(at), all[keyOf(at)] ?? at.port]));
}
