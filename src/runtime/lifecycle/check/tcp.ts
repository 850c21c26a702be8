import { connect } from "node:net";
import { failed, type Outcome, passed, type Target } from "./action.ts";
import { dialError, withLimit } from "./limit.ts";

/** Whether the port accepts a connection. */
export function checkTcp(target: Target): Promise<Outcome> {
  return withLimit(target, `dial tcp ${target.name}:${target.port}: i/o timeout`, (settle) => {
    const socket = connect({ host: target.address, port: target.port });
    socket.once("connect", () => settle(passed()));
    socket.on("error", (error) => settle(failed(dialError(target, error))));
    return () => socket.destroy();
  });
}
