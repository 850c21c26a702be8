import { createSecureContext } from "node:tls";
import { Fault } from "../base/index.ts";
import { createBearerToken, createCa, createTokenKey, type KeyedCertificate } from "../identity/index.ts";
import { type DataDir, readText, writePrivate } from "./data-dir.ts";

/** What makes this mesh this mesh: its authority, the administrator's token, the key that signs service account tokens. */
export interface MeshSecrets {
  readonly ca: KeyedCertificate;
  readonly token: string;
  readonly tokenKey: string;
}

/** Those of the data directory, made at the first start. */
export function meshSecrets(dir: DataDir): MeshSecrets {
  const text = readText(dir.secrets);
  if (text !== undefined) return parse(text, dir);
  const made: MeshSecrets = { ca: createCa(), token: createBearerToken(), tokenKey: createTokenKey() };
  writePrivate(dir.secrets, `${JSON.stringify(made)}\n`);
  return made;
}

function parse(text: string, dir: DataDir): MeshSecrets {
  try {
    const value = JSON.parse(text) as Partial<MeshSecrets>;
    if (value.ca?.certificate && value.ca.key && value.token && value.tokenKey) {
      // Throws when one of them is no longer whole, or they do not belong together.
      createSecureContext({ cert: value.ca.certificate, key: value.ca.key });
      return value as MeshSecrets;
    }
  } catch {
    // Falls through to the fault below.
  }
  throw new Fault("data-dir", `${dir.secrets} is damaged`, {
    remedy: "delete that file: the next start makes new keys, and kubeconfigs given out before stop working",
  });
}
