/** What a browser or a client library sends, more or less. */
export const request = (path: string) =>
  Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n` +
      "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\nCookie: session=0123456789abcdef\r\n\r\n",
  );

const shared = Buffer.allocUnsafeSlow(65_536);

/**
 * Reads answers, one after another, from a connection's `onread`: `answered` is called with each whole one,
 * `failed` when one is not a 200. `body`: bytes of each.
 */
export function answers(body: number, answered: () => void, failed: (why: string) => void) {
  let missing = 0;
  return {
    buffer: shared,
    callback(length: number): boolean {
      if (missing === 0) {
        const end = shared.indexOf("\r\n\r\n");
        if (end === -1 || end > length || shared[9] !== 50) {
          failed(`unexpected answer: ${JSON.stringify(shared.latin1Slice(0, Math.min(length, 200)))}`);
          return false;
        }
        missing = end + 4 + body;
      }
      missing -= length;
      if (missing <= 0) {
        missing = 0;
        answered();
      }
      return true;
    },
  };
}
