import { createServer as createServer1 } from "node:http";
import { createServer as createServer2, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Asked, Answering, Version } from "../codec-fixture.ts";
import { bodyOf } from "../codec-fixture.ts";

/** An endpoint that is not ours; it never answers `/held`, and everything else with what it read. */
export interface AskedOrigin {
  readonly port: number;
  /** Requests since the last call: `METHOD target`, then a space and the body where there is one. */
  take(): Promise<{ readonly requests: readonly string[]; readonly bytes?: string }>;
  close(): Promise<void>;
}

export async function askedOrigin(version: Version, answer = answerOk): Promise<AskedOrigin> {
  let seen: string[] = [];
  const open = new Set<Socket | ServerHttp2Session>();
  const handle = async (asked: Asked, answering: Answering) => {
    const body = await bodyOf(asked);
    const whole = `${asked.method} ${asked.url} ${body.latin1Slice()}`.trim();
    seen.push(whole);
    answer(asked, answering, whole);
  };
  const listener = (asked: Asked, answering: Answering) => {
    // A body that breaks off is no request.
    handle(asked, answering).catch(() => undefined);
  };
  const server: Server =
    version === "HTTP/2"
      ? createServer2({ settings: { enableConnectProtocol: true } }, listener)
      : createServer1(listener);
  const keep = (one: Socket | ServerHttp2Session) => {
    open.add(one);
    one.on("error", () => undefined);
    one.on("close", () => open.delete(one));
  };
  server.on("session", keep);
  server.on("connection", keep);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    take: () => {
      const requests = seen;
      seen = [];
      return Promise.resolve({ requests });
    },
    close: () => {
      server.close();
      for (const one of open) one.destroy();
      return Promise.resolve();
    },
  };
}

function answerOk({ method, url = "" }: Asked, answering: Answering, whole: string): void {
  if (url.startsWith("/held")) return;
  answering.writeHead(200, { "x-answers": encodeURIComponent(whole) }).end(method === "HEAD" ? "" : "ok");
}
