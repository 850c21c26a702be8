import { accessSync, chmodSync, constants, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { readlinkSync, realpathSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname, join } from "node:path";
import { Fault } from "../../base/index.ts";
import type { Mount } from "../sandbox.ts";
import { fstabLine, keptFlags } from "./fstab.ts";

/** The mounts that make one container's root, and what its paths lead to on the agent's machine. */
export interface MountPlan {
  /** Where the new root is put together. */
  readonly root: string;
  /** For `mount --all --fstab`: a single process makes every mount. */
  readonly fstab: string;
  /** The file behind a path of the container; undefined when there is none. */
  behind(path: string): string | undefined;
}

interface Place {
  /** The deepest part of the path that exists, links followed. */
  readonly path: string;
  readonly stats: Stats;
  readonly missing: readonly string[];
}

/**
 * Plans a root that looks like the agent's, with `mounts` at their paths. It is put together beside the agent's own root,
 * so that nothing mounted can hide the source of something else. A path the machine lacks stands in a copy of its nearest
 * existing parent, made of an otherwise empty folder and one bind mount for each entry. `folder` is this container's own.
 * What stands at the `hidden` paths of the machine is empty in there; a mount may still bring it in.
 */
export function planMounts(
  mounts: readonly Mount[],
  folder: string,
  scratch: string,
  hidden: readonly string[] = [],
): MountPlan {
  const root = join(folder, "root");
  mkdirSync(root, { recursive: true });
  const plan = new Plan(root, folder, scratch);
  const steps: readonly (Mount | { readonly path: string })[] = [...hidden.map((path) => ({ path })), ...mounts];
  for (const step of steps.toSorted((one, other) => depth(one.path) - depth(other.path))) {
    if ("source" in step) plan.add(step);
    else plan.hide(step.path);
  }
  return { root, fstab: plan.fstab(), behind: (path) => plan.behind(path) };
}

class Plan {
  readonly #root: string;
  readonly #folder: string;
  readonly #scratch: string;
  /** Container path → what stands there; the longest prefix of a path rules. */
  readonly #backing = new Map([["/", "/"]]);
  readonly #steps: { readonly path: string; readonly lines: readonly string[] }[] = [];
  readonly #mirrored = new Set<string>();

  constructor(root: string, folder: string, scratch: string) {
    this.#root = root;
    this.#folder = folder;
    this.#scratch = scratch;
    this.#steps.push({
      path: "/proc",
      lines: [fstabLine("proc", join(root, "proc"), "proc", ["nosuid", "nodev", "noexec"])],
    });
  }

  add(mount: Mount): void {
    const stats = statSync(mount.source, { throwIfNoEntry: false });
    if (!stats) throw new Fault("mount-source", `nothing to mount at ${mount.path}: ${mount.source} does not exist`);
    const source = realpathSync(mount.source);
    const path = this.#makePlace(mount.path, stats.isDirectory());
    const options = stats.isDirectory() ? ["rbind"] : ["bind"];
    if (mount.readOnly) options.push("ro", ...keptFlags(source));
    this.#backing.set(path, source);
    this.#steps.push({ path, lines: [fstabLine(source, this.#target(path), "none", options)] });
  }

  /** Nothing is done where the path leads to something else in the container, or nowhere. */
  hide(path: string): void {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats || this.behind(path) !== realpathSync(path)) return;
    const source = join(this.#folder, stats.isDirectory() ? "hidden-folder" : "hidden-file");
    if (stats.isDirectory()) mkdirSync(source, { recursive: true });
    else writeFileSync(source, "");
    this.add({ path, source, readOnly: false });
  }

  fstab(): string {
    const ownRoot = this.#mirrored.has("/") ? [] : [fstabLine("/", this.#root, "none", ["rbind"])];
    const steps = this.#steps.toSorted((one, other) => depth(one.path) - depth(other.path));
    return [...ownRoot, ...steps.flatMap((step) => step.lines)].join("");
  }

  behind(path: string): string | undefined {
    try {
      const place = this.#find(path);
      return place.missing.length > 0 ? undefined : this.#behindExact(place.path);
    } catch {
      // A folder nobody may look into.
      return undefined;
    }
  }

  #makePlace(wanted: string, folder: boolean): string {
    const place = this.#find(wanted);
    if (place.missing.length === 0) {
      if (place.stats.isDirectory() === folder) return place.path;
      const kinds = folder ? ["a folder", "a file"] : ["a file", "a folder"];
      throw new Fault("mount-point", `${kinds[0]} cannot be mounted at ${wanted}: ${kinds[1]} stands there`);
    }
    if (!place.stats.isDirectory())
      throw new Fault("mount-point", `nothing can be mounted at ${wanted}: ${place.path} is not a folder`);
    if (!this.#behindExact(place.path).startsWith(`${this.#scratch}/`)) this.#mirror(place.path);
    const path = join(place.path, ...place.missing);
    const made = join(this.#behindExact(place.path), ...place.missing);
    mkdirSync(folder ? made : dirname(made), { recursive: true });
    if (!folder) writeFileSync(made, "");
    return path;
  }

  #mirror(path: string): void {
    const original = this.#behindExact(path);
    const copy = path === "/" ? this.#root : join(this.#folder, `mirror${this.#mirrored.size}`);
    this.#mirrored.add(path);
    mkdirSync(copy, { recursive: true });
    chmodSync(copy, lstatSync(original).mode | 0o700);
    const lines: string[] = path === "/" ? [fstabLine(copy, copy, "none", ["bind"])] : [];
    for (const entry of readdirSync(original, { withFileTypes: true })) {
      // A name that is not UTF-8 cannot be written down here.
      if (entry.name.includes("\u{fffd}")) continue;
      const from = join(original, entry.name);
      const to = join(copy, entry.name);
      if (entry.isSymbolicLink()) {
        symlinkSync(readlinkSync(from), to);
        continue;
      }
      if (entry.isDirectory()) mkdirSync(to);
      else writeFileSync(to, "");
      lines.push(fstabLine(from, to, "none", [entry.isDirectory() ? "rbind" : "bind"]));
      const inside = join(path, entry.name);
      if (!this.#backing.has(inside)) this.#backing.set(inside, from);
    }
    if (path !== "/") lines.push(fstabLine(copy, this.#target(path), "none", ["rbind"]));
    this.#backing.set(path, copy);
    this.#steps.push({ path, lines });
  }

  /** Follows a path of the container through links and mounts, as far as it exists. */
  #find(wanted: string): Place {
    let left = parts(wanted);
    let path = "/";
    let stats = lstatSync(this.#behindExact("/"));
    for (let links = 0; left.length > 0;) {
      const [name = "", ...after] = left;
      if (name === "..") {
        path = dirname(path);
        left = after;
        continue;
      }
      const next = join(path, name);
      const found = lstatSync(this.#behindExact(next), { throwIfNoEntry: false });
      if (!found) {
        stats = lstatSync(this.#behindExact(path));
        return { path, stats, missing: left };
      }
      if (found.isSymbolicLink()) {
        if (++links > 40) throw new Fault("mount-point", `${wanted} goes in circles of links`);
        const link = readlinkSync(this.#behindExact(next));
        left = [...parts(link), ...after];
        if (link.startsWith("/")) path = "/";
        continue;
      }
      path = next;
      stats = found;
      left = after;
      if (!found.isDirectory() && after.length > 0) break;
    }
    return { path, stats, missing: left };
  }

  #behindExact(path: string): string {
    for (let prefix = path; ; prefix = dirname(prefix)) {
      const source = this.#backing.get(prefix);
      if (source !== undefined) return join(source, path.slice(prefix === "/" ? 0 : prefix.length));
    }
  }

  #target(path: string): string {
    return join(this.#root, path);
  }
}

/** Whether the agent may run the file behind a container's path. */
export function runs(file: string | undefined): boolean {
  if (file === undefined) return false;
  try {
    accessSync(file, constants.X_OK);
    return !lstatSync(file).isDirectory();
  } catch {
    return false;
  }
}

const parts = (path: string) => path.split("/").filter((part) => part !== "" && part !== ".");
const depth = (path: string) => parts(path).length;
