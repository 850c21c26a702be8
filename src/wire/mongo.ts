// On the path of carried bytes.

/** What a message of MongoDB's wire protocol is, by the number in its head. */
const operations = {
  1: "reply",
  2001: "update",
  2002: "insert",
  2004: "query",
  2005: "get_more",
  2006: "delete",
  2007: "kill_cursors",
  2010: "command",
  2011: "command_reply",
  2012: "compressed",
  2013: "msg",
} as const;

export type MongoOperation = (typeof operations)[keyof typeof operations];

/** Bits of a query's flags that are counted. */
const queryFlags = { 1: "tailable_cursor", 4: "no_cursor_timeout", 5: "await_data", 6: "exhaust" } as const;
/** Bits of a reply's. */
const replyFlags = { 0: "cursor_not_found", 1: "query_failure" } as const;

/** What of a message shows in its first bytes. */
export type MongoTrait =
  | (typeof queryFlags)[keyof typeof queryFlags]
  | (typeof replyFlags)[keyof typeof replyFlags]
  | "valid_cursor";

export type MongoSeen = (operation: MongoOperation, traits: readonly MongoTrait[]) => void;

/** Length, request, answered request, operation: four little-endian numbers of four bytes. */
const headSize = 16;
/** Flags of a query, or flags and cursor of a reply, follow the head. */
const flagsSize = { query: 4, reply: 12 } as const;
/** Bytes of a whole message: what MongoDB itself takes at most. */
const mostBytes = 48_000_000;
const none: readonly MongoTrait[] = [];

/** Tells the messages of one direction of a connection apart, by their heads alone; nothing else is kept. */
export class MongoReader {
  readonly #head = Buffer.alloc(headSize + flagsSize.reply);
  readonly #seen: MongoSeen;
  #filled = 0;
  /** Bytes of the present message that are still to come and are not looked at. */
  #left = 0;
  #failed = false;

  constructor(seen: MongoSeen) {
    this.#seen = seen;
  }

  /** False: these are no messages of MongoDB, and nothing more can be told of this direction. */
  read(buffer: Buffer, start: number, end: number): boolean {
    let at = start;
    while (at < end && !this.#failed) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, end - at);
        this.#left -= skipped;
        at += skipped;
      } else at = this.#readHead(buffer, at, end);
    }
    return !this.#failed;
  }

  #readHead(buffer: Buffer, start: number, end: number): number {
    const head = this.#head;
    const at = start + this.#fill(buffer, start, end, headSize);
    if (this.#filled < headSize) return at;
    const length = head.readInt32LE(0);
    const operation = operationOf(head.readInt32LE(12));
    const wanted = headSize + (operation === "query" || operation === "reply" ? flagsSize[operation] : 0);
    if (operation === undefined || length < wanted || length > mostBytes) {
      this.#failed = true;
      return end;
    }
    const next = at + this.#fill(buffer, at, end, wanted);
    if (this.#filled < wanted) return next;
    this.#left = length - wanted;
    this.#filled = 0;
    this.#seen(operation, traitsOf(operation, head));
    return next;
  }

  /** How many bytes it took. */
  #fill(buffer: Buffer, start: number, end: number, wanted: number): number {
    const taken = Math.min(end - start, Math.max(0, wanted - this.#filled));
    buffer.copy(this.#head, this.#filled, start, start + taken);
    this.#filled += taken;
    return taken;
  }
}

function operationOf(code: number): MongoOperation | undefined {
  return Object.hasOwn(operations, code) ? operations[code as keyof typeof operations] : undefined;
}

function traitsOf(operation: MongoOperation, head: Buffer): readonly MongoTrait[] {
  if (operation !== "query" && operation !== "reply") return none;
  const flags = head.readInt32LE(headSize);
  const traits = Object.entries<MongoTrait>(operation === "query" ? queryFlags : replyFlags)
    .filter(([bit]) => (flags >> Number(bit)) & 1)
    .map(([, trait]) => trait);
  if (operation === "reply" && head.readBigInt64LE(headSize + 4) !== 0n) traits.push("valid_cursor");
  return traits;
}

/** Every operation and its traits, by the names counters have. */
export const mongoCounters: readonly string[] = [
  ...Object.values(operations),
  ...Object.values(queryFlags).map((trait) => `query_${trait}`),
  ...Object.values(replyFlags).map((trait) => `reply_${trait}`),
  "reply_valid_cursor",
];
