/** Edits of butterflies, and their text in an address: `0.3:skip~1.2:w0.7,-0.7~2.1:q4`. */

/** What becomes of the outputs of a butterfly. */
export const acts = {
  skip: 'Skip',
  reverse: 'Reverse',
  'drop-sum': 'Drop upper',
  'drop-difference': 'Drop lower',
  drop: 'Drop both',
} as const;
export type Act = keyof typeof acts;

/** What was done to one butterfly. */
export interface Edit {
  readonly act?: Act;
  /** Its twiddle. */
  readonly w?: readonly [re: number, im: number];
  /** Bits of its numbers behind the sign. */
  readonly bits?: number;
}

/** By "column.butterfly", columns in the order in which they run. */
export type Edits = ReadonlyMap<string, Edit>;

export const keyOf = (column: number, butterfly: number): string => `${column}.${butterfly}`;
export function placeOf(key: string): { readonly column: number; readonly butterfly: number } {
  const [column, butterfly] = key.split('.').map(Number);
  return { column, butterfly };
}

const rounded = (x: number): string => String(Number(x.toFixed(6)));

export function editsText(edits: Edits): string {
  const parts = [...edits].flatMap(([key, { act, w, bits }]) => [
    ...(act === undefined ? [] : [`${key}:${act}`]),
    ...(w === undefined ? [] : [`${key}:w${rounded(w[0])},${rounded(w[1])}`]),
    ...(bits === undefined ? [] : [`${key}:q${bits}`]),
  ]);
  return parts.join('~');
}

/** Edits of a text; what is none of them is left out. */
export function editsOf(text: string, columns: number, count: number): Map<string, Edit> {
  const edits = new Map<string, Edit>();
  for (const part of text.split('~')) {
    const found = /^(\d+)\.(\d+):(.+)$/.exec(part);
    if (!found || Number(found[1]) >= columns || Number(found[2]) >= count) continue;
    const key = keyOf(Number(found[1]), Number(found[2]));
    const own = editOf(found[3]);
    if (own) edits.set(key, { ...edits.get(key), ...own });
  }
  return edits;
}

function editOf(text: string): Edit | null {
  if (Object.hasOwn(acts, text)) return { act: text as Act };
  const bits = /^q(\d+)$/.exec(text);
  if (bits && Number(bits[1]) >= 1 && Number(bits[1]) <= 24) return { bits: Number(bits[1]) };
  const w = /^w([^,]+),([^,]+)$/.exec(text)?.slice(1).map(Number);
  return w?.every((x) => Math.abs(x) <= 4) ? { w: [w[0], w[1]] } : null;
}

/** Edits with one changed; a part that is null is taken away. */
export function edited(
  edits: Edits,
  key: string,
  change: { readonly [K in keyof Edit]?: Edit[K] | null },
): Map<string, Edit> {
  const own = Object.fromEntries(
    Object.entries({ ...edits.get(key), ...change }).filter(
      ([, value]) => value !== null && value !== undefined,
    ),
  ) as Edit;
  const all = new Map(edits);
  if (Object.keys(own).length === 0) all.delete(key);
  else all.set(key, own);
  return all;
}
