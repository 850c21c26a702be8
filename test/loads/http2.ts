import { connect, type ClientHttp2Session } from "node:http2";
import type { Load } from "./load.ts";

const streams = 3;

/** Asks on one connection, several requests at a time; opens another one when it is told to leave. */
export async function overHttp2(load: Load, address: string): Promise<void> {
  let session = opened(load, address);
  const ask = async (turn: number) => {
    for (let count = turn; load.goesOn; count += 1) {
      if (session.closed || session.destroyed) {
        if (load.leaving) return;
        session = opened(load, address);
      }
      try {
        const wasSent = await once(session, count % 2 === 0 ? "" : "x".repeat(20_000));
        if (wasSent) load.well("HTTP/2");
      } catch (error) {
        load.failed("HTTP/2", address, error);
      }
      await load.rest();
    }
  };
  await Promise.all(Array.from({ length: streams }, (_, turn) => ask(turn)));
  session.close();
}

function opened(load: Load, address: string): ClientHttp2Session {
  const session = connect(`http://${address}:${load.ports.web}`);
  let wasTold = false;
  // Told to leave in order, it opens no more streams, and ends with the last one.
  session.on("goaway", (code) => (code === 0 ? (wasTold = true) : load.failed("HTTP/2", address, `GOAWAY ${code}`)));
  session.on("error", (error) => load.failed("HTTP/2", address, error));
  session.on("close", () => {
    if (!wasTold && load.goesOn) load.failed("HTTP/2", address, "the connection ended without GOAWAY");
  });
  return session;
}

/** False: it never left, for GOAWAY was read between its making and its sending. */
function once(session: ClientHttp2Session, body: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":path": "/two", ":method": body === "" ? "GET" : "POST" });
    let status = 0;
    let text = "";
    let wasSent = true;
    stream.on("frameError", () => (wasSent = false));
    stream.on("response", (head) => void (status = head[":status"] ?? 0));
    stream.setEncoding("latin1").on("data", (piece: string) => void (text += piece));
    stream.on("error", (error) => (wasSent ? reject(error) : resolve(false)));
    stream.on("close", () => {
      if (status === 200 && stream.rstCode === 0 && text.endsWith(body) && text !== "") resolve(true);
      else if (!wasSent) resolve(false);
      else reject(new Error(`status ${status}, reset ${stream.rstCode}: ${text.slice(0, 100)}`));
    });
    stream.setTimeout(20_000, () => stream.destroy(new Error("no answer in 20 s")));
    if (body !== "") stream.end(body);
  });
}
