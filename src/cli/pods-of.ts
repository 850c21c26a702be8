import { closest, Fault } from "../base/index.ts";
import { kinds, type LabelSelector, type Pod } from "../model/index.ts";
import type { Client } from "./connect.ts";
import { Misuse } from "./verb.ts";
import { kindsOf, resourceOf } from "./wanted.ts";

/** The pods that `pod/x`, `deployment/x`, or a plain name stands for: a pod's, a deployment's, or that of an app (label `app`). */
export async function podsOf(client: Client, workload: string, namespace: string): Promise<Pod[]> {
  const slash = workload.indexOf("/");
  if (slash < 0) return await podsNamed(client, workload, namespace);
  const [kind] = kindsOf(workload.slice(0, slash));
  const name = workload.slice(slash + 1);
  const find = async () => {
    switch (kind?.kind ?? "") {
      case "Pod":
        return await podCalled(client, name, namespace);
      case "Deployment":
        return await podsOfDeployment(client, name, namespace);
      case "ReplicaSet": {
        const set = await client.get(kinds.ReplicaSet, { namespace, name });
        return set && (await selected(client, set.spec?.selector, namespace));
      }
      case "Service": {
        const service = await client.get(kinds.Service, { namespace, name });
        return service && (await selected(client, { matchLabels: service.spec?.selector ?? {} }, namespace));
      }
      default:
        throw new Misuse(`a ${kind?.kind ?? "thing"} has no logs`, "pods, deployments, replicasets and services have");
    }
  };
  const pods = await find();
  if (!pods) throw new Fault("NotFound", `${kind ? resourceOf(kind) : workload} "${name}" not found`);
  if (pods.length === 0) throw new Fault("no-pods", `${workload} has no pods now`, { remedy: "see: weft status" });
  return pods;
}

async function podsNamed(client: Client, name: string, namespace: string): Promise<Pod[]> {
  const pods =
    (await podCalled(client, name, namespace)) ??
    (await podsOfDeployment(client, name, namespace)) ??
    (await podsOfApp(client, name, namespace));
  if (pods.length > 0) return pods;
  const { items } = await client.list(kinds.Pod, { namespace });
  const known = items.flatMap(({ metadata }) => [metadata.labels?.["app"] ?? [], metadata.name ?? []].flat());
  const { items: deployments } = await client.list(kinds.Deployment, { namespace });
  const meant = closest(name, [...known, ...deployments.map(({ metadata }) => metadata.name ?? "")]);
  throw new Fault("NotFound", `no pod, deployment or app "${name}" in the namespace ${namespace}`, {
    remedy: meant === undefined ? "see what there is: weft get pods" : `did you mean ${meant}?`,
  });
}

async function podCalled(client: Client, name: string, namespace: string): Promise<Pod[] | undefined> {
  const pod = await client.get(kinds.Pod, { namespace, name });
  return pod && [pod];
}

async function podsOfDeployment(client: Client, name: string, namespace: string): Promise<Pod[] | undefined> {
  const deployment = await client.get(kinds.Deployment, { namespace, name });
  return deployment && (await selected(client, deployment.spec?.selector, namespace));
}

async function podsOfApp(client: Client, app: string, namespace: string): Promise<Pod[]> {
  const { items } = await client.list(kinds.Pod, { namespace });
  return items.filter(
    ({ metadata: { labels = {} } }) => labels["app"] === app || labels["app.kubernetes.io/name"] === app,
  );
}

async function selected(client: Client, selector: LabelSelector | undefined, namespace: string): Promise<Pod[]> {
  const { items } = await client.list(kinds.Pod, { namespace, labelSelector: selectorText(selector) });
  return [...items];
}

/** A selector as the API takes it in a query. */
function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): string {
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    return operator === "DoesNotExist" ? `!${key}` : `${key} ${operator.toLowerCase()} (${values.join(",")})`;
  });
  const all = [...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`), ...expressions].join(",");
  // Nothing selects nothing here, and everything in a query.
  return all === "" ? "weft.dev/none,!weft.dev/none" : all;
}
