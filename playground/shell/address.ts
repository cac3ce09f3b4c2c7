/**
 * The whole state as an address and as a file. An address: `#/butterflies?n=16&signal=tone/learn?seed=3`, the room that is seen first,
 * then what other rooms have that is not usual. It is meant to be read and changed by hand.
 */
import type { Raw, Room } from './room.ts';

/** The state of the page. */
export interface Whole {
  /** The room that is seen. */
  readonly room: string;
  readonly states: Readonly<Record<string, object>>;
}

/** Without what an address need not escape. */
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/%(3A|2C|3B|24|40)/gi, (x) => decodeURIComponent(x));

const textOf = (value: unknown): string => escaped(typeof value === 'string' ? value : JSON.stringify(value));

/** What differs from the usual state of a room. */
function unusual(room: Room, state: object): [string, unknown][] {
  const usual = new Map(Object.entries(room.read({})));
  return Object.entries(state).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(usual.get(k)));
}

/** The address of a state, from its # on. */
export function addressOf({ room: seen, states }: Whole, rooms: readonly Room[]): string {
  const parts = [...rooms]
    .sort((a, b) => Number(b.id === seen) - Number(a.id === seen))
    .flatMap((r) => {
      const own = unusual(r, states[r.id])
        .map(([key, value]) => `${key}=${textOf(value)}`)
        .join('&');
      return own === '' && r.id !== seen ? [] : [own === '' ? r.id : `${r.id}?${own}`];
    });
  return `#/${parts.join('/')}`;
}

/** A value of an address: JSON where it is some, else text. */
function valueOf(text: string): unknown {
  if (!/^(?:-?\d|\[|\{|"|true$|false$|null$)/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The state that an address says, whatever it says. */
export function wholeOfAddress(hash: string, rooms: readonly Room[]): Whole {
  const said = new Map<string, Raw>();
  const order: string[] = [];
  for (const part of hash.replace(/^#?\/?/, '').split('/')) {
    const [id, query = ''] = part.split(/\?(.*)/s);
    if (!rooms.some((r) => r.id === id)) continue;
    order.push(id);
    const pairs = query
      .split('&')
      .filter((x) => x.includes('='))
      .map((x): [string, unknown] => {
        const [key, value] = x.split(/=(.*)/s);
        return [decoded(key), valueOf(decoded(value))];
      });
    said.set(id, Object.fromEntries(pairs));
  }
  return wholeOf({ room: order[0], states: Object.fromEntries(said) }, rooms);
}

const isRecord = (x: unknown): x is Raw => typeof x === 'object' && x !== null && !Array.isArray(x);

/** A whole state from anything of that form. */
export function wholeOf(raw: unknown, rooms: readonly Room[]): Whole {
  const { room, states } = isRecord(raw) ? raw : { room: null, states: null };
  const own = isRecord(states) ? states : {};
  const stateOf = (id: string): Raw => {
    const found = Object.hasOwn(own, id) ? own[id] : null;
    return isRecord(found) ? found : {};
  };
  return {
    room: rooms.find((r) => r.id === room)?.id ?? rooms[0].id,
    states: Object.fromEntries(rooms.map((r) => [r.id, r.read(stateOf(r.id))])),
  };
}

/** The text of the file of a state. */
export const fileOf = (whole: Whole): string =>
  `${JSON.stringify({ papilio: 'playground', ...whole }, null, 1)}\n`;

/** Pages of reports carry their models as an address. */
const reported = / data-playground="(#\/[^"]*)"/;

/** The state of a file, or of a report. Throws Error for text that is none. */
export function wholeOfFile(text: string, rooms: readonly Room[]): Whole {
  const address = reported.exec(text)?.[1];
  if (address !== undefined)
    return wholeOfAddress(address.replaceAll('&amp;', '&').replaceAll('&#39;', "'"), rooms);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('this file is no JSON; expected one that this page has saved, or a report with models');
  }
  if (!isRecord(value) || value['papilio'] !== 'playground')
    throw new Error('this file is not from this page; expected one that it has saved');
  return wholeOf(value, rooms);
}
