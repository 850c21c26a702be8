import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 random bits as text for an `Authorization: Bearer` header. */
export function createBearerToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Whether two secrets are equal, in a time that tells nothing about where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
