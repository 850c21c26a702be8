import type { KubeObject } from "../model/index.ts";
import type { Store } from "../store/index.ts";
import type { Cause } from "./faults.ts";

interface ServiceSpec {
  type?: string;
  clusterIP?: string;
  clusterIPs?: string[];
  ipFamilies?: string[];
  ipFamilyPolicy?: string;
}

const dns = "10.96.0.10";
const kubernetes = "10.96.0.1";
/** Behind the reserved ones. */
const first = 20;
/** Pods that see services at 127.p.a.b see other pods at 127.p.254.q, so a stays below 254. */
const last = 253 * 256 + 255;

/** Gives each Service that wants one an address of 10.96.0.0/16 that no other has. */
export class ClusterAddresses {
  readonly #used = new Map<string, string>();
  #next = first;

  /** `resource`: what Services are filed under in the store. */
  constructor(store: Store, resource: string) {
    const { objects, version } = store.list(resource);
    for (const service of objects) this.#keep(service);
    store.watch(resource, version, ({ type, object, previous }) => {
      if (previous) this.#release(previous);
      if (type !== "DELETED") this.#keep(object);
    });
  }

  /**
   * Completes the draft of a Service; `current` is what it replaces. Returns how to give the address back
   * when the Service is not written after all, or what is wrong.
   */
  admit(draft: KubeObject, current: KubeObject | undefined): (() => void) | Cause {
    const spec = (draft["spec"] ??= {}) as ServiceSpec;
    const before = (current?.["spec"] ?? {}) as ServiceSpec;
    if (spec.type === "ExternalName") {
      delete spec.clusterIP;
      delete spec.clusterIPs;
      return () => undefined;
    }
    if (before.clusterIP && before.type !== "ExternalName") {
      spec.clusterIP ||= before.clusterIP;
      if (spec.clusterIP !== before.clusterIP) return wrong(spec.clusterIP, "field is immutable");
      complete(spec, spec.clusterIP);
      return () => undefined;
    }
    const wanted = spec.clusterIP;
    if (wanted === "None") {
      complete(spec, wanted);
      return () => undefined;
    }
    const owner = `${draft.metadata.namespace ?? ""}/${draft.metadata.name ?? ""}`;
    const address = wanted ? wanted : this.#free();
    const number = offset(address);
    if (number === undefined) {
      return wrong(
        address,
        "failed to allocate IP: the provided IP is not in the valid range. The range of valid IPs is 10.96.0.0/16",
      );
    }
    const reserved =
      (address === kubernetes && owner !== "default/kubernetes") ||
      (address === dns && !owner.startsWith("kube-system/"));
    const holder = this.#used.get(address);
    if (reserved || (holder !== undefined && holder !== owner)) {
      return wrong(address, "failed to allocate IP: provided IP is already allocated");
    }
    this.#used.set(address, owner);
    complete(spec, address);
    return () => void this.#used.delete(address);
  }

  #free(): string {
    for (let tried = 0; tried <= last - first; tried += 1) {
      const address = `10.96.${this.#next >> 8}.${this.#next & 0xff}`;
      this.#next = this.#next === last ? first : this.#next + 1;
      if (!this.#used.has(address)) return address;
    }
    return "";
  }

  #keep(service: KubeObject): void {
    const { clusterIP } = (service["spec"] ?? {}) as ServiceSpec;
    const number = clusterIP ? offset(clusterIP) : undefined;
    if (!clusterIP || number === undefined) return;
    this.#used.set(clusterIP, `${service.metadata.namespace ?? ""}/${service.metadata.name ?? ""}`);
    // An address that was given back is given again only after all others, so that nobody reaches a stranger by an old one.
    if (number >= this.#next && number < last) this.#next = number + 1;
  }

  #release(service: KubeObject): void {
    const { clusterIP } = (service["spec"] ?? {}) as ServiceSpec;
    if (clusterIP) this.#used.delete(clusterIP);
  }
}

function complete(spec: ServiceSpec, address: string): void {
  spec.clusterIP = address;
  spec.clusterIPs = [address];
  spec.ipFamilies ??= ["IPv4"];
  spec.ipFamilyPolicy ??= "SingleStack";
}

/** The place in 10.96.0.0/16, undefined outside. */
function offset(address: string): number | undefined {
  const match = /^10\.96\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  const [third, fourth] = [Number(match?.[1]), Number(match?.[2])];
  return match && third < 256 && fourth < 256 ? third * 256 + fourth : undefined;
}

function wrong(address: string, why: string): Cause {
  const message = `Invalid value: ${JSON.stringify([address])}: ${why}`;
  return { reason: "FieldValueInvalid", message, field: "spec.clusterIPs" };
}
