/** Protocol Buffers as bytes: fields are written in the order given and read back without a schema. (protobuf.dev, Encoding.) */
import { FileFormatError } from '../../errors.ts';

/** How a field's value lies in the bytes. */
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A message being written. */
export class ProtoWriter {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  private push(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.length += bytes.length;
  }

  private tag(field: number, type: number): void {
    this.push(varint(BigInt(field * 8 + type)));
  }

  /** A whole number, negative ones in ten bytes. */
  int(field: number, value: number | bigint): this {
    this.tag(field, wire.varint);
    this.push(varint(BigInt.asUintN(64, BigInt(value))));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.tag(field, wire.bytes);
    this.push(varint(BigInt(value.length)));
    this.push(value);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: ProtoWriter): this {
    return this.bytes(field, value.finish());
  }

  messages<T>(field: number, values: readonly T[], write: (value: T) => ProtoWriter): this {
    for (const value of values) this.message(field, write(value));
    return this;
  }

  /** A field as it was read. */
  field({ field, type, value }: ProtoField): this {
    if (typeof value === 'bigint') {
      this.tag(field, wire.varint);
      this.push(varint(value));
      return this;
    }
    if (type === wire.bytes) return this.bytes(field, value);
    this.tag(field, type);
    this.push(value);
    return this;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

function varint(value: bigint): Uint8Array {
  const out: number[] = [];
  let rest = value;
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

/** One field of a message: a varint, or bytes (of fixed numbers, too). */
export interface ProtoField {
  readonly field: number;
  readonly type: number;
  readonly value: bigint | Uint8Array;
}

/** The fields of a message, in order. Throws FileFormatError, naming `name`, for bytes that are none. */
export function readMessage(bytes: Uint8Array, name: string): ProtoField[] {
  const fields: ProtoField[] = [];
  let at = 0;
  const fail = (): never => {
    throw new FileFormatError(`${name}: byte ${at} is no field of a protocol buffer; expected an ONNX model`);
  };
  const next = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) fail();
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    return fail();
  };
  const take = (count: number): Uint8Array => {
    if (count > bytes.length - at) fail();
    at += count;
    return bytes.subarray(at - count, at);
  };
  while (at < bytes.length) {
    const tag = Number(next());
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (field === 0) fail();
    if (type === wire.varint) fields.push({ field, type, value: next() });
    else if (type === wire.bytes) fields.push({ field, type, value: take(Number(next())) });
    else if (type === wire.fixed64) fields.push({ field, type, value: take(8) });
    else if (type === wire.fixed32) fields.push({ field, type, value: take(4) });
    else fail();
  }
  return fields;
}

/** The bytes of all fields of a number. */
export const messagesOf = (fields: readonly ProtoField[], field: number): Uint8Array[] =>
  fields.flatMap((f) => (f.field === field && typeof f.value !== 'bigint' ? [f.value] : []));

/** The whole number of a field; the last one counts. */
export function intOf(fields: readonly ProtoField[], field: number): number | undefined {
  const found = fields.findLast((f) => f.field === field);
  return typeof found?.value === 'bigint' ? Number(BigInt.asIntN(64, found.value)) : undefined;
}

/** The text of a field. */
export function textOf(fields: readonly ProtoField[], field: number): string {
  const found = messagesOf(fields, field).at(-1);
  return found ? new TextDecoder().decode(found) : '';
}

/** All texts of a field. */
export const textsOf = (fields: readonly ProtoField[], field: number): string[] =>
  messagesOf(fields, field).map((bytes) => new TextDecoder().decode(bytes));
