import { type Bootstrap, StaticProxy } from "../../proxy/index.ts";
import { adjustableLog } from "../adjustable-log.ts";
import type { DataPlane } from "./data-plane.ts";

/** Carries the traffic in this process. */
export function alone(bootstrap: Bootstrap, version: string, quit: () => void): DataPlane {
  const proxy = new StaticProxy(bootstrap, { version, ...adjustableLog(), quit, shared: false });
  return {
    get bound() {
      return proxy.bound;
    },
    serve: (next) => proxy.serve(next),
    page: (request) => Promise.resolve(proxy.page(request)),
    drain: () => proxy.drain(),
    close: () => proxy.close(),
  };
}
