/** Valid files made hostile: bytes, JSON values, and the metadata inside safetensors. */
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../src/formats/safetensors.ts';
import type { Random } from './random.ts';

const bytesOfInterest = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x5b, 0x7b];
const wordsOfInterest = [0, 1, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000, 1e9];

/** A copy with a few bytes or words overwritten, pieces cut, doubled or moved, or an end cut off. */
export function mutateBytes(random: Random, source: Uint8Array): Uint8Array {
  let bytes: Uint8Array = source.slice();
  for (let edits = 1 + random.below(6); edits > 0; edits--) bytes = editBytes(random, bytes);
  return bytes;
}

function editBytes(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(random.below(256));
  // Headers are short: half of the edits fall into the first 128 bytes.
  const at = random.below(random.chance(0.5) ? Math.min(128, bytes.length) : bytes.length);
  const length = Math.min(1 + random.below(random.chance(0.8) ? 8 : 200), bytes.length - at);
  switch (random.below(9)) {
    case 0:
      bytes[at] ^= 1 << random.below(8);
      return bytes;
    case 1:
      bytes[at] = random.one(bytesOfInterest);
      return bytes;
    case 2:
    case 3: {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const value = random.chance(0.7) ? random.one(wordsOfInterest) : random.bits();
      if (at + 4 <= bytes.length && random.chance(0.6)) view.setUint32(at, value, random.chance(0.8));
      else if (at + 2 <= bytes.length) view.setUint16(at, value & 0xffff, random.chance(0.8));
      return bytes;
    }
    case 4:
      for (let i = 0; i < length; i++) bytes[at + i] = random.below(256);
      return bytes;
    case 5:
      return bytes.slice(0, at);
    case 6:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
    case 7: {
      const piece = bytes.subarray(at, at + length);
      return Uint8Array.from([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)]);
    }
    default:
      bytes.copyWithin(random.below(bytes.length), at, at + length);
      return bytes;
  }
}

const hostileValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  0.5,
  1e-300,
  1e9,
  1e300,
  2 ** 53,
  2 ** 31,
  4096,
  '',
  'x',
  '__proto__',
  'constructor',
  '../../../../etc/passwd',
  '\u2028\n<script>',
  [],
  {},
  [null],
  [[]],
  { length: 1e9 },
];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy of a JSON value with one part of it changed. */
export function mutateJson(random: Random, value: unknown): unknown {
  const keys = Array.isArray(value) ? [...value.keys()] : isObject(value) ? Object.keys(value) : [];
  if (keys.length === 0 || random.chance(0.06)) return hostileJson(random, value);
  const key = random.one<string | number>(keys);
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  if (random.chance(0.2)) return changeKeys(random, copy, key);
  copy[key] = mutateJson(random, copy[key]);
  return copy;
}

function changeKeys(random: Random, copy: Record<string | number, unknown>, key: string | number): unknown {
  const list = Array.isArray(copy) ? (copy as unknown[]) : null;
  switch (random.below(4)) {
    case 0:
      if (list) list.splice(Number(key), 1);
      else delete copy[key];
      return copy;
    case 1:
      if (list) for (let i = random.below(6); i >= 0; i--) list.push(list[Number(key)]);
      else copy[random.one(['x', 'length', 'toString', 'kind', 'n'])] = copy[key];
      return copy;
    case 2: {
      const other = random.one(Object.keys(copy));
      [copy[key], copy[other]] = [copy[other], copy[key]];
      return copy;
    }
    default:
      copy[key] = hostileJson(random, copy[key]);
      return copy;
  }
}

function hostileJson(random: Random, value: unknown): unknown {
  if (typeof value === 'number' && random.chance(0.5))
    return random.one([value + 1, value - 1, -value, 2 * value, value / 2, value * 1e6, Math.sqrt(value)]);
  if (random.chance(0.03)) {
    let deep: unknown = null;
    for (let i = random.one([20, 70, 3000]); i > 0; i--) deep = random.chance(0.5) ? [deep] : { a: deep };
    return deep;
  }
  return random.one(hostileValues);
}

/** JSON text of a mutated value, or, now and then, mutated bytes of its text. */
export function mutateJsonText(random: Random, value: unknown): string {
  let changed = value;
  for (let edits = 1 + random.below(3); edits > 0; edits--) changed = mutateJson(random, changed);
  const text = JSON.stringify(changed) ?? 'null';
  if (random.chance(0.8)) return text;
  return new TextDecoder().decode(mutateBytes(random, new TextEncoder().encode(text)));
}

/** A safetensors file whose metadata or tensors are changed and which is a good file otherwise; sometimes just its bytes. */
export function mutateCheckpoint(random: Random, source: Uint8Array): Uint8Array {
  if (random.chance(0.3)) return mutateBytes(random, source);
  const { tensors, metadata } = decodeSafetensors(source, 'seed');
  const changed = { ...metadata };
  const parts = new Map(tensors);
  for (let edits = 1 + random.below(2); edits > 0; edits--) {
    if (parts.size > 0 && random.chance(0.25)) changeTensor(random, parts);
    else changeMetadata(random, changed);
  }
  try {
    return encodeSafetensors(Object.fromEntries(parts), changed);
  } catch {
    return mutateBytes(random, source);
  }
}

function changeMetadata(random: Random, metadata: Record<string, string>): void {
  const key = random.one(Object.keys(metadata));
  if (random.chance(0.05)) delete metadata[key];
  else
    try {
      metadata[key] = mutateJsonText(random, JSON.parse(metadata[key]));
    } catch {
      metadata[key] = random.one(['', 'x', '0', '-1', '1e9', 'transform', 'chains', 'learn-job']);
    }
}

function changeTensor(random: Random, parts: Map<string, Tensor>): void {
  const name = random.one([...parts.keys()]);
  const tensor = parts.get(name) as Tensor;
  switch (random.below(4)) {
    case 0:
      parts.delete(name);
      return;
    case 1:
      parts.set(name, { ...tensor, shape: [tensor.data.length] });
      return;
    case 2: {
      const data = tensor.data.slice() as typeof tensor.data;
      if (data.length > 0) data[random.below(data.length)] = random.one([NaN, Infinity, 1e300, -1, 0, 255]);
      parts.set(name, { ...tensor, data });
      return;
    }
    default:
      parts.set(random.one(['x', 'gain', 'mask', 'bank.weights', 'training:x']), tensor);
  }
}
