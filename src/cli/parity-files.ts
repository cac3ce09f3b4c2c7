/** Tensors of unknown front ends from files: npy, npz, safetensors and csv, by the names of clips. */
import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { FileFormatError, InvalidArgumentError } from '../errors.ts';
import { decodeNpy } from '../formats/npy.ts';
import { zipMembers } from '../formats/npz.ts';
import { decodeSafetensors } from '../formats/safetensors.ts';
import type { ParityTensor } from '../front.ts';
import { readBytes, reason } from './files.ts';

/** A tensor and what it is called. */
interface NamedTensor extends ParityTensor {
  readonly name: string;
}

/** Largest member of an archive: what a typed array may hold. */
const largestMember = 2 ** 31;

const stem = (path: string): string => basename(path).replace(/\.[a-z0-9]+$/i, '');

function npyTensor(bytes: Uint8Array, path: string, name: string): NamedTensor {
  const { shape, re, im } = decodeNpy(bytes, path);
  if (im) throw new FileFormatError(`${path}: complex numbers; expected real features`);
  return { name, shape, data: re };
}

function npzTensors(bytes: Uint8Array, path: string): NamedTensor[] {
  return zipMembers(bytes, path).map((member) => {
    const own = `${path}: ${member.name}`;
    if (member.size >= largestMember) throw new FileFormatError(`${own}: is larger than 2 GiB`);
    let data = member.bytes;
    try {
      if (member.deflated) data = inflateRawSync(member.bytes, { maxOutputLength: member.size + 1 });
    } catch (error) {
      throw new FileFormatError(`${own}: cannot be unpacked: ${reason(error)}`);
    }
    return npyTensor(data, own, stem(member.name));
  });
}

function csvTensor(bytes: Uint8Array, path: string): NamedTensor {
  const lines = new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const rows = lines.map((line) =>
    line.split(/[,;\t]/).map((cell) => (cell.trim() === '' ? NaN : Number(cell))),
  );
  // A first line of words is a header.
  const header = rows.length > 1 && rows[0].every(Number.isNaN) ? 1 : 0;
  rows.splice(0, header);
  const width = rows[0]?.length ?? 0;
  const bad = rows.findIndex((row) => row.length !== width || row.some((x) => !Number.isFinite(x)));
  if (width === 0 || bad >= 0)
    throw new FileFormatError(
      `${path}: row ${Math.max(0, bad) + header + 1} is no row of ${width} numbers; expected numbers separated by commas`,
    );
  return { name: stem(path), shape: [rows.length, width], data: Float64Array.from(rows.flat()) };
}

/** Tensors of a file by its name. Throws FileFormatError naming what cannot be read. */
export function decodeTensors(bytes: Uint8Array, path: string): NamedTensor[] {
  const extension = extname(path).toLowerCase();
  if (extension === '.npy') return [npyTensor(bytes, path, stem(path))];
  if (extension === '.npz') return npzTensors(bytes, path);
  if (extension === '.csv') return [csvTensor(bytes, path)];
  if (extension === '.safetensors')
    return [...decodeSafetensors(bytes, path).tensors].map(([name, { shape, data }]) => ({
      name,
      shape,
      data: Float64Array.from(data),
    }));
  throw new FileFormatError(`${path}: expected a .npy, .npz, .safetensors or .csv file`);
}

const extensions = ['.npy', '.npz', '.safetensors', '.csv'];

/** Tensors of a file, or of the files of a folder. Throws FileFormatError or InvalidArgumentError naming what cannot be read. */
export function readTensors(path: string): NamedTensor[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return decodeTensors(readBytes(path), path);
  const files = readdirSync(path)
    .filter((name) => extensions.includes(extname(name).toLowerCase()))
    .toSorted();
  if (files.length === 0)
    throw new InvalidArgumentError(`${path}: holds no ${extensions.join(', ')} file; expected features`);
  return files.map((name) => join(path, name)).flatMap((file) => decodeTensors(readBytes(file), file));
}

/** Throws InvalidArgumentError for features that are one number all over: nothing follows from them. */
function requireVaried(tensors: readonly NamedTensor[]): void {
  const [{ name, data }] = tensors;
  const empty = tensors.find((t) => t.data.length === 0);
  if (empty) throw new InvalidArgumentError(`the tensor ${JSON.stringify(empty.name)} has no numbers`);
  if (tensors.every((t) => Array.prototype.every.call(t.data, (x) => x === data[0])))
    throw new InvalidArgumentError(
      `the tensor ${JSON.stringify(name)} is ${data[0]} all over; expected features that follow the clips`,
    );
}

/** The tensor of each clip: that of its name. One tensor for all stays one. Throws InvalidArgumentError naming a clip without features. */
export function tensorsOf(clips: readonly string[], tensors: readonly NamedTensor[]): NamedTensor[] {
  if (tensors.length === 1) {
    requireVaried(tensors);
    return [...tensors];
  }
  const byName = new Map(tensors.map((t) => [t.name, t]));
  const own = clips.map((clip) => byName.get(stem(clip)) ?? byName.get(basename(clip)));
  if (own.every((t) => t !== undefined)) {
    requireVaried(own);
    return own;
  }
  const missing = clips[own.indexOf(undefined)];
  throw new InvalidArgumentError(
    `${missing}: no tensor is called ${JSON.stringify(stem(missing))}; there are ${tensors.map((t) => t.name).join(', ')}`,
  );
}
