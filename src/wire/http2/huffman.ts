// On the path of every request.

/**
 * Octets by the length of their code (RFC 7541 appendix B). Codes of one length count upwards in the order of their octets,
 * and the first code of a length follows the last of the shorter ones, so that lengths say all. 256 is the end of string.
 */
// oxfmt-ignore
const octetsByLength: Readonly<Record<number, string | readonly number[]>> = {
  5: "012aceiost",
  6: " %-./3456789=A_bdfghlmnpru",
  7: ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz",
  8: "&*,;XZ",
  10: "!\"()?",
  11: "'+|",
  12: "#>",
  13: "\0$@[]~",
  14: "^}",
  15: "<`{",
  19: [92, 195, 208],
  20: [128, 130, 131, 162, 184, 194, 224, 226],
  21: [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230],
  22: [
    129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198,
    228, 232, 233,
  ],
  23: [
    1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182,
    183, 188, 191, 197, 231, 239,
  ],
  24: [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237],
  25: [199, 207, 234, 235],
  26: [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255],
  27: [203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254],
  28: [
    2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127, 220, 249,
  ],
  30: [10, 13, 22, 256],
};
const endOfString = 256;

const codes = new Uint32Array(257);
const lengths = new Uint8Array(257);

/**
 * One step takes a whole octet: 256 nodes of the code's tree × 256 octets. An entry holds the next node (bits 0-7), two
 * octets decoded on the way (8-15, 16-23), how many they are (24-25), and `broken`.
 */
const steps = new Uint32Array(256 * 256);
const oneOctet = 1 << 24;
const broken = 1 << 26;
/** 1 for nodes at which a string may end: the root, and at most seven ones below it (RFC 7541 §5.2). */
const mayEnd = new Uint8Array(256);

buildTables();

function buildTables(): void {
  const tree = buildCodes();
  const halves = new Uint32Array(256 * 16);
  for (let index = 0; index < halves.length; index += 1) halves[index] = halfStep(tree, index >>> 4, index & 15);
  for (let index = 0; index < steps.length; index += 1) {
    const first = halves[index >>> 4] ?? broken;
    const second = halves[((first & 255) << 4) | (index & 15)] ?? broken;
    const counts = (first & oneOctet) + (second & oneOctet);
    // The octet of the second half goes behind that of the first.
    const octets = (first & 0xff00) | ((second & 0xff00) << ((first & oneOctet) === 0 ? 0 : 8));
    steps[index] = ((first | second) & broken) | counts | octets | (second & 255);
  }
  for (let node = 0, ones = 0; ones <= 7; ones += 1, node = tree[node * 2 + 1] ?? 0) mayEnd[node] = 1;
}

/** Fills `codes` and `lengths`. Children of node n are at 2n and 2n + 1; 512 + octet is a leaf. */
function buildCodes(): Uint16Array {
  const tree = new Uint16Array(512);
  let code = 0;
  let nodes = 1;
  for (let length = 5; length <= 30; length += 1) {
    code *= 2;
    for (const entry of octetsByLength[length] ?? []) {
      const octet = typeof entry === "string" ? entry.charCodeAt(0) : entry;
      codes[octet] = code;
      lengths[octet] = length;
      let node = 0;
      for (let bit = length - 1; bit > 0; bit -= 1) {
        const child = node * 2 + ((code >>> bit) & 1);
        if (tree[child] === 0) tree[child] = nodes++;
        node = tree[child] ?? 0;
      }
      tree[node * 2 + (code & 1)] = 512 + octet;
      code += 1;
    }
  }
  return tree;
}

/** An entry as in `steps`, for four bits, which end one code at most. */
function halfStep(tree: Uint16Array, start: number, bits: number): number {
  let node = start;
  let found = 0;
  for (let bit = 3; bit >= 0; bit -= 1) {
    const child = tree[node * 2 + ((bits >>> bit) & 1)] ?? 0;
    if (child < 512) node = child;
    else if (child === 512 + endOfString) return broken;
    else {
      node = 0;
      found = oneOctet | ((child - 512) << 8);
    }
  }
  return node | found;
}

/** Octets that `decodeHuffman` may write: no code is shorter than five bits, and one more, for every step writes two. */
export function decodedBound(octets: number): number {
  return Math.ceil((octets * 8) / 5) + 1;
}

/** Decodes to the beginning of `into`; how many octets, or -1 where a code, its padding or an end of string is wrong (RFC 7541 §5.2). */
export function decodeHuffman(octets: Buffer, start: number, end: number, into: Buffer): number {
  let node = 0;
  let at = 0;
  for (let from = start; from < end; from += 1) {
    const entry = steps[(node << 8) | (octets[from] ?? 0)] ?? broken;
    if (entry >= broken) return -1;
    into[at] = entry >>> 8;
    into[at + 1] = entry >>> 16;
    at += entry >>> 24;
    node = entry & 255;
  }
  return mayEnd[node] === 1 ? at : -1;
}

/** Octets that `encodeHuffman` writes. */
export function huffmanLength(text: string): number {
  let bits = 7;
  for (let at = 0; at < text.length; at += 1) bits += lengths[text.charCodeAt(at) & 255] ?? 0;
  return bits >>> 3;
}

/** Writes `text` (latin1) from `start` on; returns the position behind it. */
export function encodeHuffman(text: string, into: Buffer, start: number): number {
  let at = start;
  let waiting = 0;
  let bits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const octet = text.charCodeAt(index) & 255;
    let code = codes[octet] ?? 0;
    let length = lengths[octet] ?? 0;
    // At most seven bits wait, and 32 fit.
    if (length > 24) {
      waiting = (waiting << (length - 16)) | (code >>> 16);
      bits += length - 16;
      while (bits >= 8) {
        bits -= 8;
        into[at++] = waiting >>> bits;
      }
      code &= 0xffff;
      length = 16;
    }
    waiting = (waiting << length) | code;
    bits += length;
    while (bits >= 8) {
      bits -= 8;
      into[at++] = waiting >>> bits;
    }
  }
  // The end of string begins with ones.
  if (bits > 0) into[at++] = (waiting << (8 - bits)) | (0xff >>> bits);
  return at;
}
