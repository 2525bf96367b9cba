/** The encoding of SSH's own data (RFC 4251, section 5): keys, certificates, an agent's messages. */

/** 32 bits. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Bytes with their length before them. */
export function field(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

export type WireReader = {
  byte(): number;
  uint32(): number;
  uint64(): bigint;
  field(): Buffer;
  text(): string;
  /** Bytes that were not read yet. */
  left(): number;
};

/** Reads from the beginning; throws a RangeError where the bytes end too early. */
export function wireReader(bytes: Buffer): WireReader {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new RangeError('the data ends too early');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const reader: WireReader = {
    byte: () => take(1).readUInt8(),
    uint32: () => take(4).readUInt32BE(),
    uint64: () => take(8).readBigUInt64BE(),
    field: () => take(reader.uint32()),
    text: () => reader.field().toString('utf8'),
    left: () => bytes.length - at,
  };
  return reader;
}

/** So many fields in a row. */
export function fields(reader: WireReader, count: number): Buffer[] {
  return Array.from({ length: count }, () => reader.field());
}
