/** Features that another program wrote, from its file. */
import { decodeNpy, decodeSafetensors } from 'papilio/files';
import type { ParityTensor } from 'papilio/front';

function ofRows(rows: readonly (readonly number[])[], name: string): ParityTensor {
  const width = rows[0]?.length ?? 0;
  const bad = rows.findIndex((row) => row.length !== width || !row.every((x) => Number.isFinite(x)));
  if (width === 0 || bad >= 0)
    throw new Error(
      `${name}: row ${Math.max(0, bad) + 1} is no row of ${width} numbers; expected frames by features`,
    );
  return { shape: [rows.length, width], data: Float64Array.from(rows.flat()) };
}

function ofText(text: string, name: string): ParityTensor {
  const rows = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => line.split(/[,;\t ]+/).map((cell) => (cell.trim() === '' ? NaN : Number(cell))));
  // A first line of words is a header.
  if (rows.length > 1 && rows[0].every(Number.isNaN)) rows.shift();
  return ofRows(rows, name);
}

function ofJson(text: string, name: string): ParityTensor {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${name}: this is no JSON; expected an array of arrays of numbers`);
  }
  // A batch of one.
  while (Array.isArray(value) && value.length === 1 && Array.isArray(value[0]) && Array.isArray(value[0][0]))
    [value] = value as unknown[];
  const rows = Array.isArray(value) ? (value as unknown[]) : [];
  const isRow = (row: unknown): row is number[] =>
    Array.isArray(row) && row.every((x) => typeof x === 'number');
  if (rows.length === 0 || !rows.every(isRow))
    throw new Error(`${name}: expected an array of arrays of numbers, frames by features`);
  return ofRows(rows, name);
}

/** Reads .npy, .safetensors, .csv, .txt and .json. Throws Error that says what is wrong. */
export function tensorOf(bytes: Uint8Array, name: string): ParityTensor {
  const ending = /\.[a-z]+$/i.exec(name)?.[0].toLowerCase() ?? '';
  if (ending === '.npy') {
    const { shape, re, im } = decodeNpy(bytes, name);
    if (im) throw new Error(`${name}: complex numbers; expected real features`);
    return { shape, data: re };
  }
  if (ending === '.safetensors') {
    const [first] = decodeSafetensors(bytes, name).tensors.values();
    if (!first) throw new Error(`${name}: holds no tensor; expected one of features`);
    return { shape: first.shape, data: Float64Array.from(first.data) };
  }
  const text = new TextDecoder().decode(bytes);
  if (ending === '.csv' || ending === '.txt') return ofText(text, name);
  if (ending === '.json') return ofJson(text, name);
  throw new Error(`${name}: expected a .npy, .csv, .json or .safetensors file`);
}
