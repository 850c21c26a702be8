import { Agent, request } from "node:http";
import type { Load } from "./load.ts";

/** Asks on one connection, which is kept as long as answers allow, with a body and without. */
export async function overHttp1(load: Load, address: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let turn = 0; load.goesOn; turn += 1) {
    try {
      const wasLast = await once(load, address, agent, turn % 2 === 0 ? "" : "x".repeat(20_000));
      load.well("HTTP/1.1");
      if (wasLast && load.leaving) break;
    } catch (error) {
      load.failed("HTTP/1.1", address, error);
      if (load.leaving) break;
    }
    await load.rest();
  }
  agent.destroy();
}

/** Whether the answer says that it was the connection's last. */
function once(load: Load, host: string, agent: Agent, body: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const method = body === "" ? "GET" : "POST";
    const sent = request({ host, port: load.ports.web, path: "/one", method, agent }, (response) => {
      let text = "";
      response.setEncoding("latin1").on("data", (piece: string) => void (text += piece));
      response.on("error", reject).on("end", () => {
        const { statusCode, headers } = response;
        if (statusCode !== 200 || !text.endsWith(body)) reject(new Error(`${statusCode} ${text.slice(0, 100)}`));
        else resolve(headers.connection === "close");
      });
    });
    sent.setTimeout(20_000, () => sent.destroy(new Error("no answer in 20 s")));
    sent.on("error", reject).end(body);
  });
}
