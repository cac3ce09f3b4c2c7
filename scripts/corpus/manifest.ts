/** What a corpus holds, as data: names, pieces, the order in which files are taken, and manifest.json. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { FileFormatError } from '../../src/errors.ts';
import type { Classified } from './packages.ts';

/** Hz of everything in the corpus. */
export const corpusRate = 16_000;

/** One WAV file. Durations in seconds, rates in Hz. */
export interface Item extends Classified {
  /** Below the corpus folder. */
  readonly file: string;
  readonly package: string;
  /** Below the root of the package. */
  readonly source: string;
  /** Name shared by the pieces of one source file: what a split into training and test keeps together. */
  readonly recording: string;
  readonly start: number;
  readonly seconds: number;
  readonly nativeRate: number;
  /** Factor that keeps resampled peaks within 16 bits; 1 nearly always. */
  readonly gain: number;
  /** Of the WAV file. */
  readonly sha256: string;
}

export interface PackageEntry {
  readonly name: string;
  readonly version: string;
  /** Bytes of the .deb. */
  readonly download: number;
  /** Copy of its debian/copyright, below the corpus folder. */
  readonly licence: string;
  /** What the items were chosen by; other options make the package anew. */
  readonly request: string;
  /** Files that match a rule and were left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

export interface Manifest {
  readonly format: 'papilio-corpus';
  readonly sampleRate: typeof corpusRate;
  readonly packages: readonly PackageEntry[];
  readonly items: readonly Item[];
}

export const emptyManifest: Manifest = {
  format: 'papilio-corpus',
  sampleRate: corpusRate,
  packages: [],
  items: [],
};

/** The manifest of a folder, or an empty one. Throws FileFormatError for a file that is something else. */
export function readManifest(folder: string): Manifest {
  const path = join(folder, 'manifest.json');
  if (!existsSync(path)) return emptyManifest;
  let value: Partial<Manifest>;
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Manifest>;
  } catch (error) {
    throw new FileFormatError(`${path}: no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (value?.format !== 'papilio-corpus' || !Array.isArray(value.items) || !Array.isArray(value.packages))
    throw new FileFormatError(`${path}: no manifest of a corpus; expected format "papilio-corpus"`);
  return value as Manifest;
}

/** The manifest with a package's entry and items replaced. */
export const withPackage = (m: Manifest, entry: PackageEntry, items: readonly Item[]): Manifest => ({
  ...m,
  packages: [...m.packages.filter((p) => p.name !== entry.name), entry],
  items: [...m.items.filter((i) => i.package !== entry.name), ...items],
});

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A file name of letters, digits, dots and hyphens for a source path: its group and name, told apart by 4 bytes of its hash. */
export function recordingName(source: string, { group, label }: Classified): string {
  const plain = (text: string): string =>
    text
      .normalize('NFKD')
      .replace(/[^A-Za-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '');
  const name = label ?? basename(source, extname(source));
  return [plain(group), plain(name), digest(source).slice(0, 8)].filter((s) => s !== '').join('-');
}

/**
 * Files in the order in which they are taken: groups in turn, so that every speaker has a share, and within a group by the
 * hash of the path, which no alphabet favours.
 */
export function takingOrder<T extends { readonly source: string; readonly what: Classified }>(
  files: readonly T[],
): T[] {
  const groups = new Map<string, { file: T; key: string }[]>();
  for (const file of files) {
    const list = groups.get(file.what.group) ?? [];
    list.push({ file, key: digest(file.source) });
    groups.set(file.what.group, list);
  }
  const queues = [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, list]) => list.sort((a, b) => (a.key < b.key ? -1 : 1)));
  const out: T[] = [];
  for (let round = 0; out.length < files.length; round++)
    for (const queue of queues) if (round < queue.length) out.push(queue[round].file);
  return out;
}

/** First and one past last sample of the pieces of a recording: as few as do, equally long to a sample, `most` in all at most. */
export function piecesOf(samples: number, longest: number, most: number): [from: number, to: number][] {
  const kept = Math.min(samples, most);
  const count = Math.ceil(kept / longest);
  return Array.from({ length: count }, (_, i) => [
    Math.floor((kept * i) / count),
    Math.floor((kept * (i + 1)) / count),
  ]);
}

/** First and one past last sample of what is louder than a hundredth of the peak, and `margin` samples more at both ends. */
export function activePart(samples: Float64Array, margin: number): [from: number, to: number] {
  const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const loud = (x: number): boolean => Math.abs(x) > peak / 100;
  const first = samples.findIndex(loud);
  const last = samples.findLastIndex(loud);
  return first < 0 ? [0, 0] : [Math.max(0, first - margin), Math.min(samples.length, last + 1 + margin)];
}

/** Minutes by category and package. */
export function minutesTable(items: readonly Item[]): string {
  const rows = new Map<string, { count: number; seconds: number; groups: Set<string>; rates: Set<number> }>();
  const add = (key: string, item: Item): void => {
    const row = rows.get(key) ?? { count: 0, seconds: 0, groups: new Set(), rates: new Set() };
    row.count++;
    row.seconds += item.seconds;
    row.groups.add(item.package + item.group);
    row.rates.add(item.nativeRate);
    rows.set(key, row);
  };
  for (const item of items) {
    add(`${item.category}\t${item.package}`, item);
    add(`${item.category}\ttotal`, item);
  }
  const lines = [...rows.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { count, seconds, groups, rates }]) => {
      const [category, name] = key.split('\t');
      const khz = [...rates].sort((a, b) => a - b).map((r) => r / 1000);
      return `| ${category} | ${name} | ${(seconds / 60).toFixed(1)} | ${count} | ${groups.size} | ${khz.join(', ')} |`;
    });
  return [
    '| category | package | minutes | files | groups | native kHz |',
    '|---|---|--:|--:|--:|---|',
    ...lines,
  ].join('\n');
}
