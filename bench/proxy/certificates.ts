/** A certificate authority and one certificate for both ends of a pair, by the `openssl` of the machine. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CertificateFiles } from "./bootstrap.ts";

export interface Certificates extends CertificateFiles {
  /** Certificate and key in one file, as HAProxy wants them. */
  readonly both: string;
}

/** Made once for each folder. ECDSA P-256: what Istio's workloads have. */
export function makeCertificates(folder: string): Certificates {
  const path = (name: string) => join(folder, name);
  const files = { ca: path("ca.pem"), certificate: path("leaf.pem"), key: path("leaf.key"), both: path("both.pem") };
  if (existsSync(files.both)) return files;
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  openssl(["req", "-x509", ...key, "-keyout", path("ca.key"), "-out", files.ca, "-subj", "/CN=bench-ca"]);
  const leaf = ["-CA", files.ca, "-CAkey", path("ca.key"), "-subj", "/CN=shop.example"];
  const extensions = ["-addext", "subjectAltName=DNS:shop.example,URI:spiffe://cluster.local/ns/default/sa/shop"];
  openssl(["req", "-x509", ...key, ...leaf, ...extensions, "-keyout", files.key, "-out", files.certificate]);
  writeFileSync(files.both, readFileSync(files.certificate, "utf8") + readFileSync(files.key, "utf8"));
  return files;
}

function openssl(args: readonly string[]): void {
  const { status, stderr, error } = spawnSync("openssl", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${error?.message ?? stderr.trim().split("\n").at(-1)}`);
}
