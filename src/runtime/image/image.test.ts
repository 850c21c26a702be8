import assert from "node:assert/strict";
import { test } from "node:test";
import type { ImageCatalog } from "../../model/index.ts";
import { parseImage, resolveImage } from "./index.ts";

function catalog(name: string, ...images: ImageCatalog["spec"]["images"]): ImageCatalog {
  return { apiVersion: "weft.dev/v1", kind: "ImageCatalog", metadata: { name }, spec: { images } };
}

test("the first part of an image name is a registry only if it looks like a host", () => {
  assert.deepEqual(parseImage("nginx"), { registry: "docker.io", path: "nginx" });
  assert.deepEqual(parseImage("istio/app:1"), { registry: "docker.io", path: "istio/app", tag: "1" });
  assert.deepEqual(parseImage("localhost/app"), { registry: "localhost", path: "app" });
  assert.deepEqual(parseImage("reg:5000/team/app"), { registry: "reg:5000", path: "team/app" });
});

test("an image name may have a tag and a digest", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  assert.deepEqual(parseImage(`ghcr.io/a/b:v1@${digest}`), { registry: "ghcr.io", path: "a/b", tag: "v1", digest });
  for (const wrong of ["", "Upper", "a//b", "a:", "a@sha256:1", "a b", "-a"]) {
    assert.equal(parseImage(wrong), undefined, wrong);
  }
});

test("the Bookinfo images of any registry and tag are Weft's own samples", () => {
  for (const image of [
    "docker.io/istio/examples-bookinfo-details-v1:1.20.3",
    "examples-bookinfo-details-v1",
    "registry.istio.io/release/examples-bookinfo-details-v1:latest",
  ]) {
    const program = resolveImage(image, []);
    assert.ok("command" in program);
    assert.equal(program.command[0], process.execPath);
    assert.match(program.command[1] ?? "", /samples[/\\]bookinfo[/\\]src[/\\]details\.[jt]s$/);
    assert.deepEqual(program.env, { SERVICE_VERSION: "v1" });
  }
});

test("the versions of reviews differ as in the original images", () => {
  const env = (version: string) => {
    const program = resolveImage(`istio/examples-bookinfo-reviews-${version}:1.20.3`, []);
    return "env" in program ? program.env : undefined;
  };
  assert.deepEqual(env("v1"), { SERVICE_VERSION: "v1", ENABLE_RATINGS: "false" });
  assert.deepEqual(env("v2"), { SERVICE_VERSION: "v2", ENABLE_RATINGS: "true", STAR_COLOR: "black" });
  assert.deepEqual(env("v3"), { SERVICE_VERSION: "v3", ENABLE_RATINGS: "true", STAR_COLOR: "red" });
  assert.equal(env("v-faulty"), undefined);
});

test("the user's catalogs come first, and the first match counts", () => {
  const catalogs = [
    catalog("b", { match: "*", command: ["last"] }),
    catalog("a", {
      match: "istio/examples-bookinfo-*",
      command: ["mine"],
      args: ["-p", "1"],
      env: [{ name: "A", value: "1" }],
      workingDir: "/srv",
    }),
  ];
  assert.deepEqual(resolveImage("istio/examples-bookinfo-details-v1:1", catalogs), {
    command: ["mine"],
    args: ["-p", "1"],
    env: { A: "1" },
    workingDir: "/srv",
  });
  assert.deepEqual(resolveImage("nginx", catalogs), { command: ["last"], args: [], env: {} });
});

test("a pattern fits with or without registry and tag, and only `*` is special in it", () => {
  const fits = (match: string, image: string) =>
    "command" in resolveImage(image, [catalog("c", { match, command: ["x"] })]);
  assert.ok(fits("nginx", "docker.io/nginx:1.2"));
  assert.ok(fits("nginx:1.*", "nginx:1.2"));
  assert.ok(fits("ghcr.io/*/app", "ghcr.io/team/app:1"));
  assert.ok(!fits("nginx", "my-nginx"));
  assert.ok(!fits("a.b", "axb"));
  assert.ok(!fits("nginx:2*", "nginx:1.2"));
});

test("an unknown image says what to do", () => {
  const program = resolveImage("redis:7", []);
  assert.ok("blocked" in program);
  assert.equal(program.blocked.reason, "ImageUnknown");
  assert.match(program.blocked.message, /"redis:7".*`command`.*ImageCatalog/);
});
