import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const cookieName = "session";
const maxLength = 64;

/** Who is signed in, kept in a cookie that only holders of the secret can make. Any name will do: there are no passwords. */
export class Session {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** The user of a request; undefined if nobody is signed in or the cookie was not made here. */
  userOf({ cookie = "" }: IncomingHttpHeaders): string | undefined {
    for (const pair of cookie.split(";")) {
      const [name, value = ""] = pair.trim().split("=", 2);
      if (name !== cookieName) continue;
      const [user = "", given = ""] = value.split(".");
      const [expected, found] = [Buffer.from(this.#sign(user)), Buffer.from(given)];
      if (expected.length === found.length && timingSafeEqual(expected, found))
        return Buffer.from(user, "base64url").toString();
    }
    return undefined;
  }

  /** The `set-cookie` that signs a user in; none, or nothing but spaces, signs out. */
  cookieFor(name = ""): string {
    const user = name.trim().slice(0, maxLength);
    const attributes = "Path=/; HttpOnly; SameSite=Lax";
    if (user === "") return `${cookieName}=; Max-Age=0; ${attributes}`;
    const encoded = Buffer.from(user).toString("base64url");
    return `${cookieName}=${encoded}.${this.#sign(encoded)}; ${attributes}`;
  }

  #sign(text: string): string {
    return createHmac("sha256", this.#secret).update(text).digest("base64url");
  }
}
