import { chmod, mkdir, realpath, rm, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { codeOf, Fault } from "../../base/index.ts";
import type { Container, Volume } from "../../model/index.ts";
import type { VolumeOrder } from "../contract.ts";
import type { Mount } from "../sandbox.ts";
import { writeFiles } from "./file-volume.ts";

type Orders = Readonly<Record<string, VolumeOrder>>;

/** The volumes of one pod, each a folder of its own (or one of the user's machine). */
export class Volumes {
  readonly #folder: string;
  #orders: Orders = {};
  #version = 0;

  /** `folder` is this pod's own and is removed with it. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes what is new and rewrites the files of what has changed. */
  async write(orders: Orders, volumes: readonly Volume[] = []): Promise<void> {
    for (const [name, order] of Object.entries(orders)) {
      if (isDeepStrictEqual(order, this.#orders[name])) continue;
      await this.#make(name, order, volumes.find((volume) => volume.name === name)?.hostPath?.type ?? "");
      this.#orders = { ...this.#orders, [name]: order };
    }
  }

  /** What stands where in a container. A mount of a volume that nobody ordered is left out. */
  async mountsOf(container: Pick<Container, "volumeMounts">): Promise<Mount[]> {
    const mounts: Mount[] = [];
    for (const { name, mountPath, subPath = "", readOnly = false } of container.volumeMounts ?? []) {
      const order = this.#orders[name];
      if (!order) continue;
      const root = this.#rootOf(name, order);
      const source = subPath === "" ? root : await insideOf(root, subPath, order.kind !== "files");
      mounts.push({ source, path: mountPath, readOnly: readOnly || order.kind === "files" });
    }
    return mounts;
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  #rootOf(name: string, order: VolumeOrder): string {
    return order.kind === "host" ? order.path : join(this.#folder, name);
  }

  async #make(name: string, order: VolumeOrder, hostType: string): Promise<void> {
    const root = this.#rootOf(name, order);
    switch (order.kind) {
      case "files":
        this.#version += 1;
        return writeFiles(root, order.files, this.#version);
      case "empty":
        await mkdir(root, { recursive: true });
        // Whoever the program runs as may write there.
        return chmod(root, 0o777);
      case "host":
        return checkHostPath(order.path, hostType);
    }
  }
}

/** A path in a volume, also when links in it try to lead elsewhere. */
async function insideOf(root: string, subPath: string, create: boolean): Promise<string> {
  const path = join(root, subPath);
  const outside = () => new Fault("volume-path", `the subPath "${subPath}" leads out of its volume`);
  if (leadsOut(root, path)) throw outside();
  if (create && !(await exists(path))) {
    await insideOfExisting(root, dirname(path), outside);
    await mkdir(path, { recursive: true });
  }
  if (!(await exists(path))) throw new Fault("volume-path", `there is no "${subPath}" in the volume`);
  await insideOfExisting(root, path, outside);
  return path;
}

/** Follows the links of the part of the path that is there. */
async function insideOfExisting(root: string, path: string, outside: () => Fault): Promise<void> {
  let at = path;
  while (!(await exists(at))) at = dirname(at);
  if (!leadsOut(root, at) && leadsOut(await realpath(root), await realpath(at))) throw outside();
}

const leadsOut = (root: string, path: string): boolean => relative(root, path).split("/")[0] === "..";

async function checkHostPath(path: string, type: string): Promise<void> {
  if (type === "DirectoryOrCreate") await mkdir(path, { recursive: true });
  const found = await statOf(path);
  if (!found) {
    throw new Fault("volume-path", `there is no ${path} on this machine`, {
      remedy: "Make it, or give the hostPath the type DirectoryOrCreate.",
    });
  }
  if (type.startsWith("Directory") && !found.isDirectory()) throw new Fault("volume-path", `${path} is no directory`);
  if (type.startsWith("File") && !found.isFile()) throw new Fault("volume-path", `${path} is no file`);
}

const exists = async (path: string): Promise<boolean> => (await statOf(path)) !== undefined;

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
