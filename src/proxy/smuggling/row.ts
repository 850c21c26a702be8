/** What must become of an attempt to smuggle a request. */
export type Fate =
  /** One answer of this status, then the end; nothing reaches the endpoint. */
  | { readonly kind: "refused"; readonly status: number }
  /** Broken inside its body: the endpoint sees no whole request, the client 400 and the end. */
  | { readonly kind: "broken" }
  /** The rest of a body never came: nothing whole reaches the endpoint, and no answer comes. */
  | { readonly kind: "unfinished" }
  /**
   * Exactly these requests reach the endpoint, and each has its own answer, in this order. Written as
   * `METHOD target`, then a space and the body where there is one. `sends`: what the bytes look like.
   */
  | { readonly kind: "forwarded"; readonly requests: readonly string[]; readonly sends: RegExp | undefined }
  /** As `forwarded`, but the connection ends with the last of them. */
  | { readonly kind: "closed"; readonly requests: readonly string[]; readonly statuses: readonly number[] };

/** An attempt on one connection; a request for `/smuggled` always follows it. */
export interface Row {
  readonly what: string;
  readonly sent: string;
  readonly fate: Fate;
  /** Not every server knows its method. */
  readonly oddMethod?: true;
}

/** The start of a request with any body. */
export const head = "POST /first HTTP/1.1\r\nHost: a\r\n";
/** What follows each attempt. Nobody closes behind it, so it may be swallowed by a body. */
export const follower = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
const followed = "GET /smuggled";

export const refused = (what: string, sent: string, status = 400): Row => ({
  what,
  sent,
  fate: { kind: "refused", status },
});

export const broken = (what: string, body: string): Row => ({
  what,
  sent: `${head}Transfer-Encoding: chunked\r\n\r\n${body}`,
  fate: { kind: "broken" },
});

export const unfinished = (what: string, sent: string): Row => ({ what, sent, fate: { kind: "unfinished" } });

/** Forwarded as these requests, and what follows as one of its own. */
export const forwarded = (what: string, sent: string, requests: string | readonly string[], sends?: RegExp): Row => ({
  what,
  sent,
  fate: { kind: "forwarded", requests: [...[requests].flat(), followed], sends },
});

/** Forwarded as these requests; what follows is part of the last one's body. */
export const swallowed = (what: string, sent: string, requests: readonly string[]): Row => ({
  what,
  sent,
  fate: { kind: "forwarded", requests, sends: undefined },
});

/** Answered with these statuses and closed; these requests reached the endpoint. */
export const closed = (
  what: string,
  sent: string,
  requests: readonly string[],
  statuses: readonly number[] = requests.map(() => 200),
): Row => ({ what, sent, fate: { kind: "closed", requests, statuses } });
