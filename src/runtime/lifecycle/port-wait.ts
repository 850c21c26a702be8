import type { Clock } from "../../base/index.ts";
import type { Container } from "../../model/index.ts";
import { perform, type Place } from "./check/index.ts";

const firstPause = 20;
const longestPause = 500;
/** Milliseconds after which a container counts as ready although nothing listens: the port may only be a promise. */
const patience = 30_000;

/** The port whose opening makes a container ready that has no readiness probe. */
export function firstPort({ ports = [] }: Pick<Container, "ports">): number | undefined {
  return ports.find(({ protocol = "TCP" }) => protocol === "TCP")?.containerPort;
}

/** Resolves once the port accepts a connection, or when patience ends; sooner when the signal aborts. */
export async function waitForPort(port: number, place: Place, clock: Clock, signal: AbortSignal): Promise<void> {
  const end = clock.monotonic() + patience;
  let pause = firstPause;
  while (!signal.aborted && clock.monotonic() < end) {
    const { ok } = await perform({ tcpSocket: { port } }, place, 1000, signal);
    if (ok && place.mayOwn?.(port) !== false) return;
    await perform({ sleep: { seconds: pause / 1000 } }, place, pause, signal);
    pause = Math.min(longestPause, pause * 1.3);
  }
}
