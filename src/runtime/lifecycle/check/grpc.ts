import { connect, type IncomingHttpHeaders } from "node:http2";
import { failed, type Outcome, passed, type Target } from "./action.ts";
import { dialError, withLimit } from "./limit.ts";

const statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/** The gRPC health checking protocol (grpc.health.v1.Health/Check), without TLS. */
export function checkGrpc(target: Target, service: string): Promise<Outcome> {
  const where = `"${target.name}:${target.port}"`;
  const late = `timeout: failed to connect service ${where} within ${target.limit / 1000}s: context deadline exceeded`;
  return withLimit(target, late, (settle) => {
    const session = connect(`http://${target.address}:${target.port}`);
    const broken = (error: Error) => settle(failed(`failed to connect service ${where}: ${dialError(target, error)}`));
    session.on("error", broken);
    const stream = session.request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      "user-agent": "kube-probe/1.35",
      te: "trailers",
    });
    stream.on("error", broken);
    let code: string | undefined;
    let why = "";
    const take = (headers: IncomingHttpHeaders) => {
      code = headers["grpc-status"]?.toString() ?? code;
      why = headers["grpc-message"]?.toString() ?? why;
    };
    const chunks: Buffer[] = [];
    stream.on("response", take);
    stream.on("trailers", take);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => settle(verdict(code, why, Buffer.concat(chunks))));
    stream.end(question(service));
    return () => session.destroy();
  });
}

/** HealthCheckRequest: field 1 is the service. */
function question(service: string): Buffer {
  const name = Buffer.from(service);
  const message =
    name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a]), Buffer.from(varint(name.length)), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** HealthCheckResponse: field 1 is the status; absent means 0. */
function verdict(code: string | undefined, why: string, body: Buffer): Outcome {
  if (code !== "0") return failed(`error: health rpc failed: rpc error: code = ${code ?? "Unknown"} desc = ${why}`);
  const status = body[5] === 0x08 ? (body[6] ?? 0) : 0;
  if (status === 1) return passed();
  return failed(`service unhealthy (responded with "${statuses[status] ?? status}")`);
}
