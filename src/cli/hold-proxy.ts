import type { StandaloneProxy } from "../app/index.ts";
import { explain, sleep } from "../base/index.ts";
import type { BootstrapFile, Reading } from "./bootstrap-file.ts";
import { watchFile } from "./file-watch.ts";
import type { Terminal } from "./terminal.ts";

export interface HoldOptions {
  readonly terminal: Terminal;
  readonly file: BootstrapFile;
  /** Milliseconds connections may go on after the end was asked for. */
  readonly drainTime: number;
}

/** Keeps a proxy running until somebody asks it to end, and its configuration that of its file. */
export async function holdProxy(proxy: StandaloneProxy, { terminal, file, drainTime }: HoldOptions): Promise<number> {
  const stopped = Promise.withResolvers<void>();
  let reloading = Promise.resolve();
  const reload = () => {
    reloading = reloading.then(() => takeAgain(proxy, terminal, file));
  };
  const forget = terminal.onStop(stopped.resolve, () => process.exit(130), file.rereadable ? reload : undefined);
  const unwatch = file.rereadable
    ? watchFile(file.path, terminal.clock, () => void (file.hasChanged() && reload()))
    : undefined;
  const asked = await Promise.race([
    stopped.promise.then(() => "stop" as const),
    proxy.quit.then(() => "quit" as const),
  ]);
  unwatch?.();
  await reloading;
  if (asked === "stop") {
    terminal.err("weft: taking no new connections; once more ends those there are\n");
    const over = new AbortController();
    await Promise.race([proxy.drain(), sleep(terminal.clock, drainTime, over.signal)]);
    over.abort();
  }
  await proxy.close();
  forget();
  return 0;
}

/** The file as it is now, in force; or what was in force before, and why. */
async function takeAgain(proxy: StandaloneProxy, { err }: Terminal, file: BootstrapFile): Promise<void> {
  const kept = "weft: what was in force before still is\n";
  try {
    const reading: Reading = await file.read();
    if (reading.faults !== "") return err(`${reading.faults}${kept}`);
    await proxy.reload(reading.bootstrap);
    err(`weft: ${file.name} is in force as it is now\n`);
  } catch (error) {
    err(`weft: ${explain(error)}\n${kept}`);
  }
}
