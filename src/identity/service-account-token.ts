import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from "node:crypto";
import { Fault } from "../base/index.ts";

/** Signs and checks tokens; made from a PEM so that it survives restarts. */
export interface TokenIssuer {
  readonly issue: (request: TokenRequest) => string;
  /** The claims; a Fault `token-invalid` says why not. `audience`: one of the token's must be it. */
  readonly verify: (token: string, audience?: string) => ServiceAccountClaims;
}

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly serviceAccountUid: string;
  readonly audiences?: readonly string[];
  /** Seconds. */
  readonly lifetime?: number;
  readonly pod?: { readonly name: string; readonly uid: string };
}

/** As in a Kubernetes bound service-account token. Times are seconds since the epoch. */
export interface ServiceAccountClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly nbf: number;
  readonly jti: string;
  readonly "kubernetes.io": {
    readonly namespace: string;
    readonly serviceaccount: { readonly name: string; readonly uid: string };
    readonly pod?: { readonly name: string; readonly uid: string };
  };
}

const defaultIssuer = "https://kubernetes.default.svc.cluster.local";

/** A new signing key (P-256) as PKCS #8 PEM. */
export function createTokenKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** `now` gives milliseconds since the epoch. */
export function tokenIssuer(keyPem: string, options: { issuer?: string; now?: () => number } = {}): TokenIssuer {
  const { issuer = defaultIssuer, now = Date.now } = options;
  const privateKey = createPrivateKey(keyPem);
  const publicKey = createPublicKey(privateKey);
  const head = encode({ alg: "ES256", kid: keyId(publicKey), typ: "JWT" });

  return {
    issue({ namespace, serviceAccount, serviceAccountUid, audiences = [issuer], lifetime = 3600, pod }) {
      const seconds = Math.floor(now() / 1000);
      const claims: ServiceAccountClaims = {
        aud: audiences,
        exp: seconds + lifetime,
        iat: seconds,
        iss: issuer,
        jti: randomUUID(),
        "kubernetes.io": {
          namespace,
          ...(pod && { pod }),
          serviceaccount: { name: serviceAccount, uid: serviceAccountUid },
        },
        nbf: seconds,
        sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
      };
      const signed = `${head}.${encode(claims)}`;
      return `${signed}.${sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
    },

    verify(token, audience = issuer) {
      const [tokenHead, body, signature, ...rest] = token.split(".");
      // Only our own head is taken, so no token chooses its algorithm (RFC 8725 §3.1).
      if (tokenHead !== head || !body || !signature || rest.length > 0) throw invalid("is not one of ours");
      const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
      if (!verify("sha256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"))) {
        throw invalid("has a wrong signature");
      }
      const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as ServiceAccountClaims;
      const seconds = now() / 1000;
      if (claims.iss !== issuer) throw invalid(`was issued by ${claims.iss}`);
      if (claims.exp <= seconds) throw invalid("has expired");
      if (claims.nbf > seconds + 60) throw invalid("is not valid yet");
      if (!claims.aud.includes(audience)) throw invalid(`is for ${claims.aud.join(", ")}, not ${audience}`);
      return claims;
    },
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function keyId(key: KeyObject): string {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64url");
}

function invalid(why: string): Fault {
  return new Fault("token-invalid", `the service account token ${why}`);
}
