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

/** Clips and their tensors, and what was left out. */
interface Pairs {
  readonly clips: readonly string[];
  /** One for each clip, or one for all. */
  readonly tensors: readonly NamedTensor[];
  /** Clips without features, and names of tensors of no clip. */
  readonly clipsAlone: readonly string[];
  readonly tensorsAlone: readonly string[];
}

/**
 * The tensor of each clip: that of its name. One tensor of all clips stays one. Throws InvalidArgumentError where no clip has one, naming
 * the first.
 */
export function pairsOf(clips: readonly string[], tensors: readonly NamedTensor[]): Pairs {
  const byName = new Map(tensors.map((t) => [t.name, t]));
  const all = clips.map((clip) => ({ clip, tensor: byName.get(stem(clip)) ?? byName.get(basename(clip)) }));
  const pairs = all.flatMap(({ clip, tensor }) => (tensor ? [{ clip, tensor }] : []));
  if (tensors.length === 1) {
    const [{ shape }] = tensors;
    const isOfAll =
      clips.length === 1 || pairs.length === 0 || (shape.length > 2 && shape[0] === clips.length);
    if (isOfAll) return { clips, tensors, clipsAlone: [], tensorsAlone: [] };
  }
  if (pairs.length === 0)
    throw new InvalidArgumentError(
      `${clips[0]}: no tensor is called ${JSON.stringify(stem(clips[0]))}; there are ${tensors.map((t) => t.name).join(', ')}`,
    );
  return {
    clips: pairs.map((p) => p.clip),
    tensors: pairs.map((p) => p.tensor),
    clipsAlone: all.flatMap(({ clip, tensor }) => (tensor ? [] : [clip])),
    tensorsAlone: tensors.filter((t) => !pairs.some((p) => p.tensor === t)).map((t) => t.name),
  };
}

/** What was left out, in words; null for nothing. */
export function aloneText({ clipsAlone, tensorsAlone }: Pairs): string | null {
  const parts = [
    ...(clipsAlone.length > 0 ? [`no features of ${clipsAlone.join(', ')}`] : []),
    ...(tensorsAlone.length > 0 ? [`no clips of the tensors ${tensorsAlone.join(', ')}`] : []),
  ];
  return parts.length === 0 ? null : `left out: ${parts.join('; ')}`;
}
