import { isDeepStrictEqual } from "node:util";
import { Fault } from "../../base/index.ts";
import { type AdminPort, type Bootstrap, openAdminPort } from "../../proxy/index.ts";
import { adjustableLog } from "../adjustable-log.ts";
import { alone } from "./alone.ts";
import { bindFault } from "./bind-fault.ts";
import { Crew } from "./crew.ts";
import type { DataPlane } from "./data-plane.ts";
import type { RunStandalone, StandaloneProxy } from "./options.ts";

/** Runs a bootstrap: the data plane, and the admin pages that answer for all of it. */
export const runStandalone: RunStandalone = async ({ bootstrap, version, concurrency }) => {
  const quit = Promise.withResolvers<void>();
  const ended = () => quit.resolve();
  const plane: DataPlane =
    concurrency === 1
      ? alone(bootstrap, version, ended)
      : new Crew({ size: concurrency, version, log: adjustableLog().log, quit: ended });
  const at = bootstrap.admin?.address?.socket_address;
  let admin: AdminPort | undefined;
  try {
    if (at) admin = await openAdminPort(at.address, at.port_value, (request) => plane.page(request));
    await plane.serve(bootstrap);
  } catch (error) {
    await admin?.close();
    await plane.close();
    throw bindFault(error);
  }
  return running(plane, bootstrap, admin, quit.promise);
};

function running(
  plane: DataPlane,
  first: Bootstrap,
  admin: AdminPort | undefined,
  quit: Promise<void>,
): StandaloneProxy {
  const address = first.admin?.address?.socket_address.address ?? "";
  return {
    get ports() {
      return { listeners: plane.bound, admin: admin && { listener: "admin", address, port: admin.port } };
    },
    quit,
    async reload(next) {
      for (const part of ["node", "admin"] as const) {
        if (isDeepStrictEqual(next[part], first[part])) continue;
        throw new Fault("needs-restart", `${part}: cannot change while the proxy runs`, {
          remedy: "end the proxy and start it again",
        });
      }
      try {
        await plane.serve(next);
      } catch (error) {
        throw bindFault(error);
      }
    },
    drain: () => plane.drain(),
    async close() {
      await admin?.close();
      await plane.close();
    },
  };
}
