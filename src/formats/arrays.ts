/** Complex arrays from the files people have: NumPy (.npy), safetensors, JSON. */
import { FileFormatError } from '../errors.ts';
import { bytesOf } from './bytes.ts';
import { isRecord } from '../options.ts';
import { parseJson } from './json.ts';
import { decodeNpy } from './npy.ts';
import { decodeSafetensors } from './safetensors.ts';

/** A complex array in row-major order. */
export interface ComplexTable {
  readonly shape: readonly number[];
  readonly re: Float64Array;
  readonly im: Float64Array;
}

const nested = (value: unknown, name: string, shape: number[], depth: number, out: number[]): void => {
  if (typeof value === 'number' && Number.isFinite(value)) {
    if (depth !== shape.length) throw new FileFormatError(`${name}: rows of different depth`);
    out.push(value);
    return;
  }
  if (!Array.isArray(value) || value.length === 0)
    throw new FileFormatError(`${name}: expected nested lists of finite numbers`);
  if (out.length === 0 && depth === shape.length) shape.push(value.length);
  if (value.length !== shape[depth]) throw new FileFormatError(`${name}: rows of different length`);
  for (const item of value) nested(item, name, shape, depth + 1, out);
};

function jsonArray(value: unknown, name: string): RealTable {
  const [shape, out]: [number[], number[]] = [[], []];
  nested(value, name, shape, 0, out);
  return { shape, data: Float64Array.from(out) };
}

interface RealTable {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** A table of real parts and, where there are some, imaginary parts; `what` holds them. */
function tableOf(what: string, re: RealTable, im: RealTable | null = null): ComplexTable {
  if (im && im.shape.join() !== re.shape.join()) throw new FileFormatError(`${what} have different shapes`);
  return { shape: re.shape, re: re.data, im: im?.data ?? new Float64Array(re.data.length) };
}

/** `[...]` for real numbers, `{ "re": [...], "im": [...] }` for complex ones. */
function jsonTable(value: unknown, name: string): ComplexTable {
  if (Array.isArray(value)) return tableOf(name, jsonArray(value, name));
  const record = isRecord(value) ? value : {};
  const part = (key: string): RealTable => jsonArray(record[key], `${name}: "${key}"`);
  return tableOf(`${name}: "re" and "im"`, part('re'), record['im'] === undefined ? null : part('im'));
}

/** A tensor "key" [.., 2] of pairs or [..] of real numbers, or "key.re" and "key.im". */
function tensorTable(bytes: Uint8Array, name: string, key: string): ComplexTable {
  const { tensors } = decodeSafetensors(bytes, name);
  const floats = (id: string): RealTable | null => {
    const t = tensors.get(id);
    return t ? { shape: t.shape, data: Float64Array.from(t.data) } : null;
  };
  const whole = floats(key);
  if (whole && whole.shape.length === 3 && whole.shape[2] === 2) {
    const part = (of: 0 | 1): RealTable => ({
      shape: whole.shape.slice(0, 2),
      data: whole.data.filter((_, i) => i % 2 === of),
    });
    return tableOf(name, part(0), part(1));
  }
  if (whole) return tableOf(name, whole);
  const re = floats(`${key}.re`);
  if (!re)
    throw new FileFormatError(
      `${name}: no tensor "${key}" or "${key}.re"; there are ${[...tensors.keys()].join(', ')}`,
    );
  return tableOf(`${name}: "${key}.re" and "${key}.im"`, re, floats(`${key}.im`));
}

/** Arrays by key from a .npy (one array, whatever the key), .safetensors or .json file. Throws FileFormatError naming it. */
export function decodeTables<K extends string>(
  source: Uint8Array | ArrayBuffer,
  name: string,
  keys: readonly K[],
): Record<K, ComplexTable> {
  const bytes = bytesOf(source, name);
  const entries = (of: (key: K) => ComplexTable): Record<K, ComplexTable> =>
    Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<K, ComplexTable>;
  const checked = (t: ComplexTable): ComplexTable => {
    if (t.shape.length !== 2)
      throw new FileFormatError(
        `${name}: an array of shape [${t.shape.join(', ')}]; expected two dimensions`,
      );
    if (t.re.some((x) => !Number.isFinite(x)) || t.im.some((x) => !Number.isFinite(x)))
      throw new FileFormatError(`${name}: a number that is not finite`);
    return t;
  };
  const extension = /\.[a-z]+$/i.exec(name)?.[0].toLowerCase();
  if (extension === '.safetensors') return entries((key) => checked(tensorTable(bytes, name, key)));
  if (extension === '.json') {
    const value = parseJson(bytes, name);
    const record = isRecord(value) ? value : {};
    // A single array may stand there without its name.
    if (keys.length === 1 && !Object.hasOwn(record, keys[0]))
      return entries(() => checked(jsonTable(value, name)));
    const own = (key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined);
    return entries((key) => checked(jsonTable(own(key), `${name}: "${key}"`)));
  }
  if (extension !== '.npy' || keys.length > 1)
    throw new FileFormatError(
      `${name}: expected ${keys.length > 1 ? 'a .safetensors or .json file' : 'a .npy, .safetensors or .json file'}`,
    );
  const { shape, re, im } = decodeNpy(bytes, name);
  return entries(() => checked({ shape, re, im: im ?? new Float64Array(re.length) }));
}
