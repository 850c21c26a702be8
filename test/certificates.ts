/** Certificates of one authority for a story, made by the machine's own `openssl`. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
  /** Both in one file, as HAProxy wants them. */
  readonly both: string;
}

export class Authority {
  readonly file: string;
  readonly #folder: string;
  readonly #key: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.file = join(folder, "ca.pem");
    this.#key = join(folder, "ca.key");
    openssl("/CN=story", ["-keyout", this.#key, "-out", this.file]);
  }

  /** `names` as OpenSSL writes them: `DNS:shop.example,URI:spiffe://…`. */
  issue(name: string, names: string): CertificateFiles {
    const [certificate, key, both] = ["pem", "key", "both"].map((kind) => join(this.#folder, `${name}.${kind}`));
    if (!certificate || !key || !both) throw new Error("no path");
    const signer = ["-CA", this.file, "-CAkey", this.#key, "-addext", `subjectAltName=${names}`];
    openssl(`/CN=${name}`, [...signer, "-keyout", key, "-out", certificate]);
    writeFileSync(both, readFileSync(certificate, "utf8") + readFileSync(key, "utf8"));
    return { certificate, key, both };
  }
}

function openssl(subject: string, args: readonly string[]): void {
  const request = ["req", "-x509", "-nodes", "-days", "2", "-subj", subject];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  execFileSync("openssl", [...request, ...key, ...args], { stdio: "pipe" });
}
