import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { filterTypes } from "../../xds/index.ts";
import { accessLog } from "./access-log.ts";
import type { AccessLogEntry } from "./contract.ts";

const entry: AccessLogEntry = {
  startTime: Date.UTC(2024, 4, 1, 10, 0, 0, 123),
  method: "GET",
  path: "/new",
  originalPath: "/old?q",
  protocol: "HTTP/1.1",
  status: 200,
  flags: "",
  details: "via_upstream",
  grpcStatus: "",
  terminationDetails: "",
  upstreamFailure: "",
  bytesReceived: 0,
  bytesSent: 295,
  milliseconds: 4.4,
  upstreamMilliseconds: 3.6,
  requestHeaders: ["User-Agent", 'curl"x\ny', "X-Request-Id", "id-1"],
  authority: "reviews:9080",
  upstreamHost: "10.244.0.7:9080",
  upstreamCluster: "outbound|9080||reviews.default.svc.cluster.local",
  upstreamLocalAddress: "10.244.0.6:4000",
  downstreamLocalAddress: "10.96.0.1:9080",
  downstreamRemoteAddress: "10.244.0.6:3000",
  serverName: "",
  routeName: "default",
};

function written(typed: object, of: AccessLogEntry = entry): string {
  const lines: string[] = [];
  const config = { name: "file", typed_config: { "@type": filterTypes.fileAccessLog, path: "/dev/stdout", ...typed } };
  accessLog([config], (path, line) => lines.push(`${path} ${line}`))?.write(of);
  return lines.join("");
}

describe("access log", () => {
  test("Envoy's default format, empty values as dashes, what a client chose kept inside its quotes", () => {
    assert.equal(
      written({}),
      '/dev/stdout [2024-05-01T10:00:00.123Z] "GET /old?q HTTP/1.1" 200 - 0 295 4 4 "-" "curl\\"x\\ny" "id-1" ' +
        '"reviews:9080" "10.244.0.7:9080"\n',
    );
  });

  test("an own format, with limits and alternatives", () => {
    const log_format = { text_format_source: { inline_string: "%REQ(X-NONE?X-REQUEST-ID):2% %RESPONSE_CODE%%%\n" } };
    assert.equal(written({ log_format }), "/dev/stdout id 200%\n");
  });

  test("JSON keeps numbers as numbers and shows what is missing as null", () => {
    const json_format = { code: "%RESPONSE_CODE%", flags: "%RESPONSE_FLAGS%", both: "%PROTOCOL% %ROUTE_NAME%" };
    assert.equal(
      written({ log_format: { json_format } }),
      '/dev/stdout {"code":200,"flags":null,"both":"HTTP/1.1 default"}\n',
    );
  });

  test("quotes in a path stay inside its quotes, and JSON shows values as they were", () => {
    const sly = { ...entry, path: '/" 200 "', originalPath: "" };
    assert.equal(written({ format: '"%REQ(:PATH)%"\n' }, sly), '/dev/stdout "/\\" 200 \\""\n');
    const log_format = { json_format: { path: "%REQ(:PATH)%" } };
    assert.equal(written({ log_format }, sly), `/dev/stdout ${JSON.stringify({ path: sly.path })}\n`);
  });

  test("a status of gRPC by its name or number, as it is where nobody named it, a dash for what is no gRPC", () => {
    const format = "%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(NUMBER)% %GRPC_STATUS_NUMBER%\n";
    const lines = ["0", "1", "5", "16", "99", ""].map((grpcStatus) => written({ format }, { ...entry, grpcStatus }));
    assert.deepEqual(
      lines.map((line) => line.slice("/dev/stdout ".length, -1)),
      [
        "OK OK 0 0",
        "Canceled CANCELLED 1 1",
        "NotFound NOT_FOUND 5 5",
        "Unauthenticated UNAUTHENTICATED 16 16",
        "99 99 99 99",
        "- - - -",
      ],
    );
  });

  test("no configuration is no log; an unknown operator is refused", () => {
    assert.equal(
      accessLog(undefined, () => undefined),
      undefined,
    );
    assert.throws(() => written({ format: "%CEL(x)%" }), /%CEL\(x\)% is not supported/);
  });
});
