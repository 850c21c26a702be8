import { mkdir, readlink, rename, rm, symlink, writeFile, chmod, readdir, lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf } from "../../base/index.ts";
import type { FileOrder } from "../contract.ts";

/** The link that is swapped; every visible name leads through it, so that all files change at one moment. */
const data = "..data";

/**
 * Writes the files of a ConfigMap, Secret or the like. As with Kubernetes, `<name>` is a link to `..data/<name>` and
 * `..data` a link to a folder that is never changed once it can be seen.
 */
export async function writeFiles(folder: string, files: readonly FileOrder[], version: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const before = await linkedVersion(folder);
  const fresh = `..${version}`;
  await rm(join(folder, fresh), { recursive: true, force: true });
  await mkdir(join(folder, fresh));
  for (const file of files) {
    const path = join(folder, fresh, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Buffer.from(file.contentBase64, "base64"));
    // Apart from writing: the umask has no say in it.
    await chmod(path, file.mode & 0o777);
  }
  const swap = join(folder, `${data}_new`);
  await rm(swap, { force: true });
  await symlink(fresh, swap);
  await rename(swap, join(folder, data));
  await showNames(folder, new Set(files.map(({ path }) => path.split("/")[0] ?? "")));
  if (before !== undefined && before !== fresh) await rm(join(folder, before), { recursive: true, force: true });
}

async function showNames(folder: string, names: ReadonlySet<string>): Promise<void> {
  const shown = new Set((await readdir(folder)).filter((name) => !name.startsWith("..")));
  for (const name of names) if (!shown.has(name)) await symlink(join(data, name), join(folder, name));
  for (const name of shown) if (!names.has(name)) await removeLink(join(folder, name));
}

/** What a container put there itself is left alone. */
async function removeLink(path: string): Promise<void> {
  if ((await lstat(path)).isSymbolicLink()) await rm(path);
}

async function linkedVersion(folder: string): Promise<string | undefined> {
  try {
    return await readlink(join(folder, data));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
