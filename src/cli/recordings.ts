/** Recordings of a command: found in folders of any depth, each counted once. */
import { readdirSync, realpathSync, statSync, type BigIntStats, type Dirent } from 'node:fs';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { audioExtensions } from './audio.ts';
import { oddity, reason, warnOnce } from './files.ts';

/** A recording that a command was given. */
export interface FoundRecording {
  readonly path: string;
  /** Its path in the folder that was given, or its file name; no two are equal, and none leaves that folder. */
  readonly name: string;
  /** Was it named itself, not its folder? */
  readonly given: boolean;
}

interface Candidate extends FoundRecording {
  /** The file behind all links. */
  readonly id: string;
  /** 0 under its own name, 1 in a folder that is linked, 2 a link itself. */
  readonly behind: number;
}

const isAudio = (name: string): boolean =>
  (audioExtensions as readonly string[]).includes(extname(name).toLowerCase());

/** One file, whatever its links are called. */
const identity = (path: string, { dev, ino }: BigIntStats): string =>
  ino === 0n ? realpathSync(path) : `${dev}:${ino}`;

/** Folder by folder, and in a folder by name. */
const byPlace = (a: Candidate, b: Candidate): number => {
  const [own, other] = [a, b].map((c) => c.name.split(sep));
  const i = own.findIndex((part, level) => part !== other[level]);
  return i < 0 ? -1 : own[i] < (other[i] ?? '') ? -1 : 1;
};

/**
 * Walks a folder, every folder in it once however it is linked. Links are followed when all that is there by itself is found,
 * so that a link more or less changes no other name; what they lead to is marked. What cannot be read is left out with a warning.
 */
class Walk {
  private readonly found: Candidate[] = [];
  private readonly folders = new Set<string>();
  private readonly links: string[] = [];
  private readonly top: string;

  constructor(top: string) {
    this.top = top;
  }

  /** Recordings of the whole walk, sorted. */
  run(stats: BigIntStats): Candidate[] {
    this.folder(this.top, stats, 0);
    // Those of linked folders join at the end.
    for (const path of this.links) this.entry(path, 2);
    return this.found.sort(byPlace);
  }

  private folder(path: string, stats: BigIntStats, behind: number): void {
    const id = identity(path, stats);
    if (this.folders.has(id)) return;
    this.folders.add(id);
    let entries: Dirent[];
    try {
      entries = readdirSync(path, { withFileTypes: true });
    } catch (error) {
      if (path === this.top) throw new InvalidArgumentError(`${path}: ${reason(error)}`);
      return warnOnce(`${path}: skipped: ${reason(error)}`);
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const own = join(path, entry.name);
      if (entry.isSymbolicLink()) this.links.push(own);
      else if (entry.isDirectory() || isAudio(entry.name)) this.entry(own, behind);
    }
  }

  private entry(path: string, behind: number): void {
    let stats: BigIntStats;
    try {
      stats = statSync(path, { bigint: true });
    } catch (error) {
      if (isAudio(path)) warnOnce(`${path}: skipped: ${reason(error)}`);
      return;
    }
    if (stats.isDirectory()) return this.folder(path, stats, Math.min(behind, 1));
    if (!isAudio(path)) return;
    const odd = oddity(stats);
    if (odd !== null) return warnOnce(`${path}: skipped: is ${odd}, not a file`);
    this.found.push({
      path,
      name: relative(this.top, path),
      given: false,
      behind,
      id: identity(path, stats),
    });
  }
}

function candidatesOf(path: string): Candidate[] {
  let stats: BigIntStats;
  try {
    stats = statSync(path, { bigint: true });
  } catch (error) {
    throw new InvalidArgumentError(`${path}: ${reason(error)}`);
  }
  const odd = oddity(stats);
  if (odd !== null) throw new InvalidArgumentError(`${path}: is ${odd}; expected a recording or a folder`);
  if (!stats.isDirectory())
    return [{ path, name: basename(path), given: true, behind: 0, id: identity(path, stats) }];
  const found = new Walk(path).run(stats);
  if (found.length === 0)
    throw new InvalidArgumentError(`${path}: no recordings in this folder (${audioExtensions.join(' ')})`);
  return found;
}

/** Names that are equal are made longer, by the given folder's own name and then by the whole path. */
function distinct(found: readonly (Candidate & { readonly operand: string })[]): FoundRecording[] {
  const longer = [
    (f: (typeof found)[number]) => f.name,
    (f: (typeof found)[number]) => (f.given ? f.name : join(basename(resolve(f.operand)), f.name)),
    (f: (typeof found)[number]) => resolve(f.path).replace(/^([A-Za-z]:)?[\\/]+/, ''),
  ];
  const counts = longer.map((nameOf) => {
    const count = new Map<string, number>();
    for (const f of found) count.set(nameOf(f), (count.get(nameOf(f)) ?? 0) + 1);
    return count;
  });
  return found.map((f) => {
    const level = longer.findIndex((nameOf, i) => i === 2 || counts[i].get(nameOf(f)) === 1);
    return { path: f.path, name: longer[level](f), given: f.given };
  });
}

/**
 * Recordings among paths, in their order: files as given, folders searched at any depth, sorted. A recording counts once, under
 * its own name before any link to it. Throws InvalidArgumentError naming a path that is not there or holds none.
 */
export function findRecordings(paths: readonly string[]): FoundRecording[] {
  if (paths.length === 0)
    throw new InvalidArgumentError('no recordings given; expected a folder or audio files');
  const all = paths.flatMap((operand) => candidatesOf(operand).map((c) => ({ ...c, operand })));
  const chosen = new Map<string, (typeof all)[number]>();
  for (const behind of [0, 1, 2])
    for (const c of all) if (c.behind === behind && !chosen.has(c.id)) chosen.set(c.id, c);
  return distinct(all.filter((c) => chosen.get(c.id) === c));
}

/** Paths of all recordings, sorted. */
export const findAll = (paths: readonly string[]): string[] =>
  findRecordings(paths)
    .map((f) => f.path)
    .sort();
