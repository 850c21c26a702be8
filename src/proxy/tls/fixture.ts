import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate with its key, PEM, and the files they stand in. */
export interface Keyed {
  readonly certificate: string;
  readonly key: string;
  readonly files: { readonly certificate: string; readonly key: string };
}

export interface IssueOptions {
  /** As OpenSSL writes them: `DNS:shop.example,URI:spiffe://…`. */
  readonly names?: string;
  readonly subject?: string;
  readonly kind?: "ec" | "rsa";
  /** Days it is valid from now on. */
  readonly days?: number;
  readonly authority?: boolean;
  /** Absent: signed by itself. */
  readonly by?: Keyed;
}

/** Certificates for tests, made by the `openssl` program. */
export class TestAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), "weft-tls-"));
  readonly root = this.issue("root", { authority: true });

  issue(
    name: string,
    { names, subject = `/CN=${name}`, kind = "ec", days = 2, authority = false, by }: IssueOptions = {},
  ): Keyed {
    const files = { certificate: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}.key`) };
    const keys = kind === "ec" ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["rsa:2048"];
    const signer = by ? ["-CA", by.files.certificate, "-CAkey", by.files.key] : [];
    const key = ["-newkey", ...keys, "-keyout", files.key, "-out", files.certificate];
    const role = `basicConstraints=critical,CA:${authority ? "TRUE" : "FALSE"}`;
    const extensions = ["-addext", role, ...(names === undefined ? [] : ["-addext", `subjectAltName=${names}`])];
    const request = ["req", "-x509", "-nodes", "-subj", subject, "-days", String(days)];
    execFileSync("openssl", [...request, ...key, ...extensions, ...signer], { stdio: "pipe" });
    return { certificate: readFileSync(files.certificate, "utf8"), key: readFileSync(files.key, "utf8"), files };
  }

  /** A certificate of the root. */
  leaf(name: string, names: string, options: IssueOptions = {}): Keyed {
    return this.issue(name, { names, by: this.root, ...options });
  }

  write(name: string, text: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
