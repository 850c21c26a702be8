/** An image name in its parts, as Docker and Kubernetes read them: `[registry/]path[:tag][@digest]`. */
export interface ImageReference {
  /** `docker.io` when the name has none. */
  readonly registry: string;
  /** Such as `istio/examples-bookinfo-details-v1`; `library/` is not added to names of one part. */
  readonly path: string;
  readonly tag?: string;
  /** Such as `sha256:…`. */
  readonly digest?: string;
}

const part = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
const host = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d+)?$/;

/** Undefined when it is no image name. */
export function parseImage(image: string): ImageReference | undefined {
  const [named = "", digest, ...more] = image.split("@");
  if (more.length > 0 || (digest !== undefined && !/^[a-z0-9]+:[0-9a-fA-F]{32,}$/.test(digest))) return undefined;
  const colon = named.lastIndexOf(":");
  const tagged = colon > named.lastIndexOf("/");
  const tag = tagged ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag)) return undefined;

  const parts = (tagged ? named.slice(0, colon) : named).split("/");
  const [first = ""] = parts;
  // Docker's rule: the first part is a registry only if it looks like a host.
  const hasRegistry = parts.length > 1 && (/[.:]/.test(first) || first === "localhost");
  const registry = hasRegistry ? first : "docker.io";
  const path = hasRegistry ? parts.slice(1) : parts;
  if (!host.test(registry) || !path.every((each) => part.test(each))) return undefined;
  return {
    registry,
    path: path.join("/"),
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}
