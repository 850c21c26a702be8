import type { Chance } from "../../src/base/index.ts";

/** Pieces that mean something to a codec, sprinkled into what is mutated. */
const words = [
  "\r\n",
  "\r\n\r\n",
  "\r",
  "\n",
  "\t",
  " ",
  ":",
  ",",
  ";",
  "\0",
  "\x7f",
  "\xff",
  "0",
  "00",
  "ffffffffffffffff",
  "Content-Length: 5\r\n",
  "content-length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: identity\r\n",
  "Connection: close, x\r\n",
  "Host: b\r\n",
  "Expect: 100-continue\r\n",
  "Upgrade: websocket\r\nConnection: upgrade\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  " HTTP/1.0\r\n",
  "5\r\nhello\r\n0\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
].map((word) => Buffer.from(word, "latin1"));
const most = 4096;

const below = (chance: Chance, limit: number): number => Math.floor(chance() * limit);

function pick<T>(chance: Chance, list: readonly [T, ...T[]]): T {
  return list[below(chance, list.length)] ?? list[0];
}

/** One seed of the corpus with a few changes, or two of them joined. */
export function mutated(chance: Chance, corpus: readonly [Buffer, ...Buffer[]]): Buffer {
  let bytes = Buffer.from(pick(chance, corpus));
  for (let changes = 1 + below(chance, 6); changes > 0; changes -= 1) bytes = changed(chance, bytes, corpus);
  return bytes.subarray(0, most);
}

function changed(chance: Chance, bytes: Buffer, corpus: readonly [Buffer, ...Buffer[]]): Buffer<ArrayBuffer> {
  const at = below(chance, bytes.length + 1);
  const size = 1 + below(chance, 8);
  const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (below(chance, 6)) {
    case 0: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << below(chance, 8));
      return copy;
    }
    case 1:
      return Buffer.concat([before, pick(chance, [words[0] ?? before, ...words]), behind]);
    case 2:
      return Buffer.concat([before, behind.subarray(size)]);
    case 3:
      return Buffer.concat([before, behind.subarray(0, size), behind]);
    case 4:
      return Buffer.concat([before, pick(chance, corpus).subarray(below(chance, 64))]);
    default: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = below(chance, 256);
      return copy;
    }
  }
}

/** Lengths in which bytes may come. */
export function cuts(chance: Chance): readonly number[] {
  return Array.from({ length: below(chance, 40) }, () => 1 + below(chance, chance() < 0.5 ? 3 : 60));
}
