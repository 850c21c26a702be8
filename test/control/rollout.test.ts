import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { seededChance } from "../../src/base/index.ts";
import { kinds, type Pod } from "../../src/model/index.ts";
import { brokenImage, Cluster, deployment, isReady, turn } from "./cluster.ts";

const percent = fc.integer({ min: 0, max: 100 }).map((value) => `${value}%`);
const amount = fc.oneof(fc.integer({ min: 0, max: 4 }), percent);
const isActive = ({ metadata }: Pod) => !metadata.deletionTimestamp;

/** Rounding as Kubernetes documents it: surge up, unavailable down, and not both zero. */
function limits(replicas: number, maxSurge: number | string, maxUnavailable: number | string) {
  const share = (value: number | string) =>
    typeof value === "number" ? value : (Number.parseInt(value) / 100) * replicas;
  const surge = Math.ceil(share(maxSurge) - 1e-9);
  const missing = Math.floor(share(maxUnavailable) + 1e-9);
  return {
    most: replicas + surge,
    least: Math.max(0, replicas - Math.max(missing, surge === 0 && missing === 0 ? 1 : 0)),
  };
}

describe("a rolling update", () => {
  test("keeps within maxSurge and maxUnavailable at every write, and ends converged", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          replicas: fc.integer({ min: 1, max: 7 }),
          maxSurge: amount,
          maxUnavailable: amount,
          changes: fc.array(fc.record({ image: fc.constantFrom("web:2", "web:3", brokenImage), steps: fc.nat(12) }), {
            minLength: 1,
            maxLength: 4,
          }),
          seed: fc.nat(),
        }),
        async ({ replicas, maxSurge, maxUnavailable, changes, seed }) => {
          await using cluster = await Cluster.open();
          const chance = seededChance(seed);
          // The API refuses two plain zeros.
          fc.pre(Number.parseInt(`${maxSurge}`) > 0 || Number.parseInt(`${maxUnavailable}`) > 0);
          const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } } as const;
          await cluster.client.create(kinds.Deployment, deployment({ replicas, strategy }));
          await cluster.converge(chance);
          const { most, least } = limits(replicas, maxSurge, maxUnavailable);
          const wrong: string[] = [];
          cluster.store.watch("pods", cluster.store.version, () => {
            const active = cluster.pods().filter(isActive);
            const available = active.filter(isReady).length;
            if (active.length > most) wrong.push(`${active.length} pods, at most ${most}`);
            if (available < least) wrong.push(`${available} available, at least ${least}`);
          });
          for (const { image, steps } of changes) {
            await cluster.setImage(image);
            for (let step = 0; step < steps; step += 1) {
              if (chance() < 0.5) await turn();
              else await cluster.settle();
              await cluster.kubelet(chance);
            }
          }
          await cluster.setImage("web:last");
          await cluster.converge(chance);
          assert.deepEqual(wrong, []);
          const images = cluster.pods().map(({ spec }) => spec.containers[0]?.image);
          assert.deepEqual(
            images,
            Array.from({ length: replicas }, () => "web:last"),
          );
          const { status } = await cluster.deployment();
          assert.equal(
            status?.conditions?.find(({ type }) => type === "Progressing")?.reason,
            "NewReplicaSetAvailable",
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test("a revision that never becomes ready stops, keeps the old pods, and is reported when its deadline passes", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Deployment, deployment({ replicas: 4, progressDeadlineSeconds: 60 }));
    await cluster.converge();
    await cluster.setImage(brokenImage);
    await cluster.converge();
    assert.equal(cluster.pods().filter((pod) => isReady(pod)).length, 3);
    assert.equal(cluster.pods().length, 5);
    cluster.clock.advance(62_000);
    await cluster.settle();
    const progressing = (await cluster.deployment()).status?.conditions?.find(({ type }) => type === "Progressing");
    assert.equal(progressing?.status, "False");
    assert.equal(progressing.reason, "ProgressDeadlineExceeded");
    assert.match(progressing.message ?? "", /^ReplicaSet "web-\w+" has timed out progressing\.$/);
  });

  test("tells in events how sets are scaled", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Deployment, deployment({ replicas: 1 }));
    await cluster.converge();
    await cluster.setImage("web:2");
    await cluster.converge();
    const texts = (await cluster.events("web")).map((text) => text.replaceAll(/web-\w+/g, "SET"));
    assert.deepEqual(texts.toSorted(), [
      "ScalingReplicaSet: Scaled down replica set SET from 1 to 0",
      "ScalingReplicaSet: Scaled up replica set SET from 0 to 1",
      "ScalingReplicaSet: Scaled up replica set SET from 0 to 1",
    ]);
  });

  test("waits until new pods have been ready for minReadySeconds", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Deployment, deployment({ replicas: 1, minReadySeconds: 30 }));
    await cluster.converge();
    assert.equal((await cluster.deployment()).status?.availableReplicas, 0);
    cluster.clock.advance(30_000);
    await cluster.settle();
    assert.equal((await cluster.deployment()).status?.availableReplicas, 1);
    await cluster.setImage("web:2");
    await cluster.converge();
    assert.equal(cluster.pods().filter(isReady).length, 2);
    cluster.clock.advance(30_000);
    await cluster.converge();
    assert.equal(cluster.pods().length, 1);
  });
});

describe("a rollout", () => {
  test("Recreate starts no new pod before the last old one has ended", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Deployment, deployment({ strategy: { type: "Recreate" } }));
    await cluster.converge();
    const mixed: string[] = [];
    cluster.store.watch("pods", cluster.store.version, () => {
      const images = new Set(cluster.pods().map(({ spec }) => spec.containers[0]?.image));
      if (images.size > 1) mixed.push([...images].join(" "));
    });
    await cluster.setImage("web:2");
    await cluster.converge(seededChance(2));
    assert.deepEqual(mixed, []);
    assert.deepEqual(
      cluster.pods().map(({ spec }) => spec.containers[0]?.image),
      ["web:2", "web:2", "web:2"],
    );
  });

  test("paused does not begin, but scales; resumed goes on", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Deployment, deployment());
    await cluster.converge();
    await cluster.change({ paused: true });
    await cluster.setImage("web:2");
    await cluster.change({ replicas: 5 });
    await cluster.converge();
    assert.equal(cluster.sets().length, 1);
    assert.equal(cluster.pods().length, 5);
    const reason = async () =>
      (await cluster.deployment()).status?.conditions?.find(({ type }) => type === "Progressing")?.reason;
    assert.equal(await reason(), "DeploymentPaused");
    await cluster.change({ paused: false });
    await cluster.converge();
    assert.equal(await reason(), "NewReplicaSetAvailable");
    assert.ok(cluster.pods().every(({ spec }) => spec.containers[0]?.image === "web:2"));
  });

  test("numbers its revisions, and takes up an old set again under a new number", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Deployment, deployment());
    await cluster.converge();
    await cluster.setImage("web:2");
    await cluster.converge();
    await cluster.setImage("web:1");
    await cluster.converge();
    const key = "deployment.kubernetes.io/revision";
    assert.equal((await cluster.deployment()).metadata.annotations?.[key], "3");
    const revisions = cluster
      .sets()
      .map(({ metadata }) => [metadata.annotations?.[key], metadata.annotations?.[`${key}-history`]]);
    assert.deepEqual(new Set(revisions.map(String)), new Set(["3,1", "2,"]));
  });

  test("keeps no more old sets than revisionHistoryLimit, the latest ones", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Deployment, deployment({ revisionHistoryLimit: 1 }));
    for (const image of ["web:2", "web:3", "web:4"]) {
      await cluster.converge();
      await cluster.setImage(image);
    }
    await cluster.converge();
    const images = cluster.sets().map(({ spec }) => spec.template?.spec?.containers[0]?.image);
    assert.deepEqual(new Set(images), new Set(["web:3", "web:4"]));
  });

  test("changes of size in its midst are shared among the sets", async () => {
    await using cluster = await Cluster.open();
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } as const;
    await cluster.client.create(kinds.Deployment, deployment({ replicas: 10, strategy }));
    await cluster.converge();
    await cluster.setImage(brokenImage);
    await cluster.converge();
    const sizes = () => new Set(cluster.sets().map(({ spec }) => spec.replicas));
    assert.deepEqual(sizes(), new Set([5, 8]));
    await cluster.change({ replicas: 15 });
    await cluster.converge();
    assert.deepEqual(sizes(), new Set([7, 11]));
  });
});
