/** Reads protobuf's wire format: tags, varints and runs of bytes. Throws a RangeError where the bytes end too early. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Field number and wire type. */
  tag(): { readonly number: number; readonly type: number } {
    const tag = Number(this.#varint() & 0xffff_ffffn);
    if (tag >>> 3 === 0) throw new RangeError("a field has the number 0");
    return { number: tag >>> 3, type: tag & 7 };
  }

  /** A signed whole number; those beyond 2^53 lose their last digits, as in JSON. */
  integer(): number {
    return Number(BigInt.asIntN(64, this.#varint()));
  }

  run(): Buffer {
    const length = this.integer();
    if (length < 0 || length > this.#bytes.length - this.#at)
      throw new RangeError("a field is longer than its message");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  skip(type: number): void {
    if (type === 0) this.#varint();
    else if (type === 2) this.run();
    else if (type === 1 || type === 5) this.#at += type === 1 ? 8 : 4;
    else throw new RangeError(`a field has the wire type ${type}`);
    if (this.#at > this.#bytes.length) throw new RangeError("a field is longer than its message");
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new RangeError("the message ends inside a number");
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is longer than ten bytes");
  }
}
