import { sleep } from "../../../base/index.ts";
import { type Action, failed, type Outcome, passed, type Place, type Target } from "./action.ts";
import { checkGrpc } from "./grpc.ts";
import { checkHttp } from "./http.ts";
import { checkTcp } from "./tcp.ts";

/** Does what a probe or hook asks for, within `limit` milliseconds; never rejects. */
export async function perform(
  action: Action,
  place: Place,
  limit: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const { exec, httpGet, tcpSocket, grpc } = action;
  const target = (port: number, host?: string): Target => ({
    clock: place.clock,
    address: host || place.address,
    name: host || place.podIP,
    port,
    limit,
    signal,
  });
  if (exec) return place.exec(exec.command ?? [], limit, signal);
  if (grpc) return checkGrpc(target(grpc.port), grpc.service ?? "");
  if (action.sleep) {
    await sleep(place.clock, Math.min(limit, action.sleep.seconds * 1000), signal);
    return passed();
  }
  const network = httpGet ?? tcpSocket;
  if (!network) return passed();
  const port = portOf(network.port, place);
  if (port === undefined) return failed(`couldn't find port: "${network.port}"`);
  return httpGet ? checkHttp(target(port, httpGet.host), httpGet) : checkTcp(target(port, network.host));
}

/** A port by number or by the name the container gives it. */
function portOf(port: string | number, { ports }: Place): number | undefined {
  const number = Number(port);
  if (Number.isInteger(number)) return number > 0 && number < 65536 ? number : undefined;
  return ports.find(({ name }) => name === port)?.containerPort;
}
