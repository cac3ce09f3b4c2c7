/**
 * What samples are, in every public function: floating-point numbers in a Float32Array, Float64Array or Float16Array, or numbers in an
 * array. Whatever else looks like them (integers of a sound card, bytes, channels, buffers) is refused by name, as its scale or order
 * would be a guess. And blocks of samples in and out of a program's memory, by the shortest way.
 */
import { InvalidArgumentError } from '../errors.ts';
import { shown } from '../options.ts';

/** Full scale of integer samples. */
const fullScaleOf: Readonly<Record<string, number>> = {
  Int8Array: 128,
  Int16Array: 32768,
  Int32Array: 2147483648,
};

/** What a value that is no array of samples is, and what would be right. */
function refusal(x: unknown): string {
  const tag = String(kindOf.call(x) ?? Object.prototype.toString.call(x).slice(8, -1));
  if (Object.hasOwn(fullScaleOf, tag))
    return `an ${tag}; expected floating-point numbers: Float32Array.from(x, (v) => v / ${fullScaleOf[tag]}) for audio, Float64Array.from(x) for the numbers as they are`;
  if (tag === 'ArrayBuffer' || tag === 'SharedArrayBuffer' || tag === 'DataView')
    return `bytes (${tag}); expected numbers: new Float32Array(buffer), or decodeWav for a file`;
  if (tag === 'Uint8Array')
    return `bytes (Uint8Array or Buffer); expected numbers: decodeWav for a file, Float64Array.from(x) for the numbers as they are`;
  if (tag.endsWith('Array') && ArrayBuffer.isView(x))
    return `a ${tag}; expected floating-point numbers: Float64Array.from(x, Number) for the numbers as they are`;
  if (typeof x === 'object' && x !== null && 'getChannelData' in x)
    return 'an AudioBuffer; expected numbers: its getChannelData(0)';
  return `${shown(x)}; expected a Float32Array, a Float64Array or an array of numbers`;
}

/** What a typed array says of itself, whatever its class or own properties say: its kind (undefined of anything else), its length. */
const own = (key: PropertyKey): ((this: unknown) => unknown) =>
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Float64Array.prototype), key)?.get ??
  (() => undefined);
const kindOf = /* @__PURE__ */ own(Symbol.toStringTag);
const lengthOf = /* @__PURE__ */ own('length');

/** Throws InvalidArgumentError for a typed array whose buffer was transferred or shrank, and for one of a class with a length of its own. */
export function requireView(name: string, x: { readonly length: number }): void {
  if (x.length !== lengthOf.call(x))
    throw new InvalidArgumentError(
      `${name} has another length than its elements; expected a plain typed array`,
    );
  if (x.length > 0) return;
  try {
    Float64Array.prototype.keys.call(x);
  } catch {
    throw new InvalidArgumentError(
      `${name} is empty: its buffer was transferred or shrank; expected numbers`,
    );
  }
}

/** Is x a float array of any realm (Float16Array where the engine has it)? */
function isFloat(x: unknown): x is ArrayLike<number> {
  const kind = kindOf.call(x);
  return kind === 'Float64Array' || kind === 'Float32Array' || kind === 'Float16Array';
}

/** Throws InvalidArgumentError unless x is an array of floating-point numbers; NaN and infinities are numbers. */
export function requireNumbers(name: string, x: unknown): asserts x is ArrayLike<number> {
  if (isFloat(x)) return requireView(name, x);
  const list = x as ArrayLike<unknown>;
  const isList =
    Array.isArray(x) ||
    (typeof x === 'object' &&
      x !== null &&
      !ArrayBuffer.isView(x) &&
      // What only inherits from typed arrays has no length to ask for.
      !(x instanceof Object.getPrototypeOf(Float64Array)) &&
      // An AudioBuffer has a length, too.
      !('getChannelData' in x) &&
      Number.isSafeInteger(list.length));
  if (!isList || list.length < 0) throw new InvalidArgumentError(`${name} is ${refusal(x)}`);
  for (let i = 0; i < list.length; i++) {
    const value = list[i];
    if (typeof value === 'number') continue;
    if (typeof value === 'object' && value !== null && 'length' in value)
      throw new InvalidArgumentError(
        `${name} is ${list.length} arrays; expected one channel of numbers (mix them, or choose one)`,
      );
    throw new InvalidArgumentError(`${name}[${i}] is ${shown(value)}; expected a number`);
  }
}

/**
 * Samples in [-1, 1] of samples over their full scale; those themselves over 1. Over another scale typed arrays of integers of up to 32 bits
 * are samples, too. Throws InvalidArgumentError for anything else.
 */
export function samplesOver(fullScale: number, name: string, x: unknown): ArrayLike<number> {
  if (fullScale !== 1 && Object.hasOwn(fullScaleOf, String(kindOf.call(x))))
    requireView(name, x as { readonly length: number });
  else requireNumbers(name, x);
  return fullScale === 1
    ? (x as ArrayLike<number>)
    : Float64Array.from(x as ArrayLike<number>, (v) => v / fullScale);
}

/** Planar complex numbers as they come in. */
export interface Planar {
  readonly re: ArrayLike<number>;
  readonly im: ArrayLike<number>;
}

/** Real numbers, or planar complex ones. */
export type Signal = ArrayLike<number> | Planar;

export const isPlanar = (x: unknown): x is Planar =>
  typeof x === 'object' && x !== null && 're' in x && 'im' in x;

/** Throws InvalidArgumentError unless x holds as many imaginary as real parts. */
export function requirePlanar(name: string, x: unknown): asserts x is Planar {
  if (!isPlanar(x))
    throw new InvalidArgumentError(`${name} is ${shown(x)}; expected { re, im }, two arrays of numbers`);
  requireNumbers(`${name}.re`, x.re);
  requireNumbers(`${name}.im`, x.im);
  if (x.re.length !== x.im.length)
    throw new InvalidArgumentError(
      `${name}.re has ${x.re.length} and ${name}.im ${x.im.length} numbers; expected the same count`,
    );
}

/** Throws InvalidArgumentError unless x is an array of numbers, or two of one length. */
export function requireSignal(name: string, x: unknown): asserts x is Signal {
  if (isPlanar(x)) requirePlanar(name, x);
  else requireNumbers(name, x);
}

function refuseUnusable(name: string, x: ArrayLike<number>): void {
  const bad = firstUnusable(x, 0, x.length, Infinity);
  if (bad >= 0) throw new InvalidArgumentError(`${name}[${bad}] is ${x[bad]}; expected a finite number`);
}

/** Throws InvalidArgumentError unless x is an array of finite numbers. */
export function requireFiniteNumbers(name: string, x: unknown): asserts x is ArrayLike<number> {
  requireNumbers(name, x);
  refuseUnusable(name, x);
}

/** Throws InvalidArgumentError unless planar signals hold `rows` x `lanes` finite numbers. */
export function requireFinite(name: string, x: Planar, rows: number, lanes: number): void {
  for (const part of ['re', 'im'] as const) {
    const list = x[part];
    if (list.length !== rows * lanes)
      throw new InvalidArgumentError(
        `${name}.${part} has ${list.length} numbers; expected ${rows} x ${lanes} finite numbers`,
      );
    refuseUnusable(`${name}.${part}`, list);
  }
}

/** to[at + i] = from[first + i] for i < count. */
export function copySamples(
  from: ArrayLike<number>,
  first: number,
  count: number,
  to: Float32Array | Float64Array,
  at = 0,
): void {
  if (from instanceof Float32Array || from instanceof Float64Array)
    to.set(from.subarray(first, first + count), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[first + i];
}

/** Index of the first number from `from` to `to` whose magnitude is not below the limit (NaN is not), or -1. */
export function firstUnusable(x: ArrayLike<number>, from: number, to: number, limit: number): number {
  for (let i = from; i < to; i++) if (!(Math.abs(x[i]) < limit)) return i;
  return -1;
}
