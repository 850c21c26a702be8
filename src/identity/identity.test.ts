import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { codeOf } from "../base/index.ts";
import { createCa, issueServerCertificate } from "./ca.ts";
import { createTokenKey, type ServiceAccountClaims, tokenIssuer } from "./service-account-token.ts";
import { spiffeId } from "./spiffe.ts";
import { createBearerToken, sameSecret } from "./token.ts";

describe("the certificate authority", () => {
  test("issues certificates that TLS clients trust for the names and addresses asked for, and no others", async () => {
    const ca = createCa();
    const { certificate, key } = issueServerCertificate(ca, { names: ["localhost"], addresses: ["127.0.0.1"] });
    const server = createServer({ cert: certificate, key }, (socket) => socket.end("hello"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const dial = async (servername: string | undefined, authority: string) => {
      const socket: TLSSocket = connect({ host: "127.0.0.1", port, ca: authority, ...(servername && { servername }) });
      try {
        await once(socket, "secureConnect");
        return "trusted";
      } catch (error) {
        return codeOf(error);
      } finally {
        socket.destroy();
      }
    };
    try {
      assert.equal(await dial("localhost", ca.certificate), "trusted");
      assert.equal(await dial(undefined, ca.certificate), "trusted");
      assert.equal(await dial("elsewhere", ca.certificate), "ERR_TLS_CERT_ALTNAME_INVALID");
      const other = createCa();
      assert.notEqual(await dial("localhost", other.certificate), "trusted");
    } finally {
      server.close();
    }
  });

  test("is marked as one, what it issues is not", () => {
    const ca = createCa("test-ca");
    const { certificate } = issueServerCertificate(ca, { names: ["a.test"], addresses: ["::1"] });
    const [root, leaf] = [new X509Certificate(ca.certificate), new X509Certificate(certificate)];
    assert.equal(root.subject, "CN=test-ca");
    assert.deepEqual([root.ca, leaf.ca, leaf.verify(root.publicKey)], [true, false, true]);
    assert.equal(leaf.subjectAltName, "DNS:a.test, IP Address:0:0:0:0:0:0:0:1");
  });
});

describe("service account tokens", () => {
  const key = createTokenKey();
  const request = {
    namespace: "shop",
    serviceAccount: "web",
    serviceAccountUid: "u1",
    pod: { name: "web-1", uid: "u2" },
  };

  test("carry Kubernetes' claims and verify with the same key after a restart", () => {
    const now = () => 1_700_000_000_500;
    const token = tokenIssuer(key, { now }).issue({ ...request, lifetime: 600 });
    const { jti, ...claims } = tokenIssuer(key, { now }).verify(token);
    assert.match(jti, /^[0-9a-f-]{36}$/);
    assert.deepEqual(claims, {
      iss: "https://kubernetes.default.svc.cluster.local",
      sub: "system:serviceaccount:shop:web",
      aud: ["https://kubernetes.default.svc.cluster.local"],
      iat: 1_700_000_000,
      nbf: 1_700_000_000,
      exp: 1_700_000_600,
      "kubernetes.io": {
        namespace: "shop",
        serviceaccount: { name: "web", uid: "u1" },
        pod: { name: "web-1", uid: "u2" },
      },
    } satisfies Omit<ServiceAccountClaims, "jti">);
  });

  const refused = (why: RegExp, run: () => unknown) =>
    assert.throws(
      run,
      (error) => codeOf(error) === "token-invalid" && error instanceof Error && why.test(error.message),
    );

  test("are refused when expired, for another audience, of another key or changed", () => {
    let time = 1_700_000_000_000;
    const issuer = tokenIssuer(key, { now: () => time });
    const token = issuer.issue({ ...request, audiences: ["istio-ca"] });
    refused(/is for istio-ca, not vault/, () => issuer.verify(token, "vault"));
    refused(/not one of ours/, () => tokenIssuer(createTokenKey()).verify(token, "istio-ca"));
    const [head = "", body = "", signature = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: "system:serviceaccount:shop:admin" }));
    refused(/wrong signature/, () => issuer.verify(`${head}.${forged.toString("base64url")}.${signature}`, "istio-ca"));
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    refused(/not one of ours/, () => issuer.verify(`${none}.${body}.`, "istio-ca"));
    time += 3_600_000;
    refused(/has expired/, () => issuer.verify(token, "istio-ca"));
  });
});

describe("names and secrets", () => {
  test("a workload's name follows SPIFFE", () => {
    assert.equal(spiffeId("shop", "web"), "spiffe://cluster.local/ns/shop/sa/web");
    assert.equal(spiffeId("shop", "web", "corp.test"), "spiffe://corp.test/ns/shop/sa/web");
  });

  test("bearer tokens are long, distinct and compared whole", () => {
    const [a, b] = [createBearerToken(), createBearerToken()];
    assert.ok(a.length >= 43 && a !== b);
    assert.deepEqual([sameSecret(a, a), sameSecret(a, b), sameSecret(a, `${a}x`)], [true, false, false]);
  });
});
