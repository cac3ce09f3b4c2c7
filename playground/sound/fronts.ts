/** Front ends to choose from: the exact one of every feature, those that the page brings, and those that came into being in it. */
import { decodeFrontEnd } from 'papilio/files';
import { bytesOfData } from './clips.ts';

/** Brought by scripts/playground-fronts.ts: front ends learned on data/, and smaller exact transforms, of seed 0. */
const files: Readonly<Record<string, string>> = import.meta.glob('../fronts/*.safetensors', {
  eager: true,
  import: 'default',
  query: '?inline',
});

/** A front end of a feature. */
export interface Front {
  /** In addresses: exact, or a name of its own. */
  readonly id: string;
  readonly feature: string;
  readonly title: string;
  /** Its file; null for the exact one. */
  readonly bytes: Uint8Array | null;
}

/** FEATURE-learned-NUMBER, FEATURE-smaller-POINTS */
const nameParts = /^(.*)-(learned|smaller)-(\d+)$/;
const nameOf = (path: string): string => path.replace(/^.*\/|\.safetensors$/g, '');

/** What a file says of its front end: what it is, and how far off. Throws FileFormatError that names it. */
export function titleOf(bytes: Uint8Array, smaller: string | undefined, name = 'the front end'): string {
  const { report, transform, bank } = decodeFrontEnd(bytes, name);
  if (smaller === undefined && transform.kind === 'exact' && bank.kind === 'rule') return 'exact';
  const error = report['validationError'];
  const off = typeof error === 'number' ? `, error ${error.toPrecision(2)}` : '';
  return smaller === undefined ? `learned${off}` : `exact, ${smaller} points${off}`;
}

const brought = new Map<string, Front>();
/** A front end of fronts/, read when it is wanted. */
function broughtOf(path: string): Front {
  const id = nameOf(path);
  const known = brought.get(id);
  if (known) return known;
  const bytes = bytesOfData(files[path]);
  const [, feature, kind, number] = nameParts.exec(id) ?? [];
  const front = { id, feature, title: titleOf(bytes, kind === 'smaller' ? number : undefined), bytes };
  brought.set(id, front);
  return front;
}
const made: Front[] = [];

/** Keeps a front end that was learned here or opened from a file. One of the same name is replaced. */
export function keepFront(front: Front): void {
  const at = made.findIndex((f) => f.id === front.id);
  if (at >= 0) made[at] = front;
  else made.push(front);
}

/** Features of files that were opened: they have no name of ours, and no exact front end beside their own. */
const filePrefix = 'file: ';
export const openedFeatures = (): string[] => [
  ...new Set(made.map((f) => f.feature).filter((feature) => feature.startsWith(filePrefix))),
];

/** Opens the file of a front end, and keeps it. Throws Error for one that is none. */
export function openFront(bytes: Uint8Array, name: string): Front {
  const title = titleOf(bytes, undefined, name);
  const front = { id: name, feature: `${filePrefix}${name}`, title, bytes };
  keepFront(front);
  return front;
}

/** A front end as text for an address: base64 of its file; empty for what the page brings. */
export function modelText(feature: string, id: string): string {
  const { bytes } = frontOf(feature, id);
  if (!feature.startsWith(filePrefix) || !bytes) return '';
  const text = btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Front ends of texts, by name and text: states are read often. */
const read = new Map<string, Front | null>();

/** The front end of a text of `modelText`, kept under a name; null where it is none. */
export function modelOfText(text: string, name: string): Front | null {
  const key = `${name} ${text}`;
  let front = read.get(key);
  if (front === undefined) {
    try {
      front = openFront(bytesOfData(`,${text.replaceAll('-', '+').replaceAll('_', '/')}`), name);
    } catch {
      front = null;
    }
    read.set(key, front);
  }
  // Another file of that name may have been opened since.
  if (front && !made.includes(front)) keepFront(front);
  return front;
}

export const frontsOf = (feature: string): Front[] => [
  ...(feature.startsWith(filePrefix) ? [] : [{ id: 'exact', feature, title: 'exact', bytes: null }]),
  ...Object.keys(files)
    .filter((path) => nameParts.exec(nameOf(path))?.[1] === feature)
    .map(broughtOf),
  ...made.filter((f) => f.feature === feature),
];

/** The front end of a name; the exact one where this page has no such. */
export const frontOf = (feature: string, id: string): Front => {
  const all = frontsOf(feature);
  return all.find((f) => f.id === id) ?? all[0];
};
