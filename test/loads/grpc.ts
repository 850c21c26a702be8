import { Client, credentials, status } from "@grpc/grpc-js";
import type { Load } from "./load.ts";

const same = (message: Buffer) => message;
const options = {
  "grpc.use_local_subchannel_pool": 1,
  "grpc.initial_reconnect_backoff_ms": 20,
};
/** Messages of one stream. */
const messages = 5;

/** Calls and streams on one connection; the library opens another one when it is told to leave. */
export async function overGrpc(load: Load, address: string): Promise<void> {
  const client = new Client(`${address}:${load.ports.web}`, credentials.createInsecure(), options);
  const repeat = async (call: () => Promise<void>) => {
    while (load.goesOn) {
      try {
        await call();
        load.well("gRPC");
      } catch (error) {
        // There is no other connection to be had: nobody took this call.
        const wasTaken = !(error instanceof Error && "code" in error && isUnreachable(error.code, error.message));
        if (wasTaken || !load.leaving) load.failed("gRPC", address, error);
        if (load.leaving) return;
      }
      await load.rest();
    }
  };
  await Promise.all([repeat(() => unary(client)), repeat(() => bidi(client, load))]);
  client.close();
}

function isUnreachable(code: unknown, message: string): boolean {
  return code === status.UNAVAILABLE && /ECONNREFUSED|No connection established/.test(message);
}

function unary(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = Buffer.from("hello");
    client.makeUnaryRequest("/test.Echo/Unary", same, same, sent, (error, got) => {
      if (error) reject(error);
      else if (got?.equals(sent)) resolve();
      else reject(new Error(`another message: ${String(got)}`));
    });
  });
}

/** Says a few things, each after the answer to the one before. */
function bidi(client: Client, load: Load): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = client.makeBidiStreamRequest("/test.Echo/Bidi", same, same);
    let got = 0;
    call.on("data", () => {
      got += 1;
      if (got === messages) call.end();
      else void load.rest().then(() => call.write(Buffer.from("again")));
    });
    call.on("error", reject);
    call.on("status", () => (got === messages ? resolve() : reject(new Error(`${got} of ${messages} answers`))));
    call.write(Buffer.from("first"));
  });
}
