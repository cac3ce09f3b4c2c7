/** What a room of the playground is: plain state, and a view of it. */

/** What an address or a file says of a room; nothing is known of it. */
export type Raw = Readonly<Record<string, unknown>>;

/** What a room has of the page around it. */
export interface Host<S extends object> {
  /** Where the room puts itself. */
  readonly element: HTMLElement;
  state(): S;
  /**
   * Changes some of the state, which shows the view anew. Changes with the same `merge` that follow each other closely are one step
   * of undo: those of a drag or of typing.
   */
  change(patch: Partial<S>, merge?: string): void;
  /** Goes to another room, some of its state changed. */
  open(room: string, patch: object): void;
  /** Tells the reader of the screen, and shows it for a moment. */
  say(text: string): void;
}

export interface View<S extends object> {
  /** Brings the room up to a state; called whenever it changes and the room is seen. */
  show(state: S): void;
  /** The room is left: stop what moves, sounds or listens. */
  leave?(): void;
}

/** A room: everything there is to know of it. `playground/README.md` says how to add one. */
export interface Room<S extends object = object> {
  /** In addresses: lower case letters. */
  readonly id: string;
  readonly title: string;
  /** One sentence that says what to do here. */
  readonly about: string;
  /** Place among the tabs. */
  readonly order: number;
  /** A state from anything: what is wrong or absent becomes usual. Plain JSON, and never throws. */
  read(raw: Raw): S;
  mount(host: Host<S>): View<S>;
  /** TypeScript that does the same with papilio alone. */
  code(state: S): string;
}

/** Checks nothing: it says what S is. */
export const room = <S extends object>(own: Room<S>): Room<S> => own;

/** Readers of raw values. */
export const oneOf = <T extends string | number>(x: unknown, all: readonly T[], usual: T): T =>
  all.find((a) => a === x || String(a) === x) ?? usual;

export function numberIn(x: unknown, low: number, high: number, usual: number): number {
  const value = typeof x === 'string' && x.trim() !== '' ? Number(x) : x;
  return typeof value === 'number' && Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : usual;
}
export const wholeIn = (x: unknown, low: number, high: number, usual: number): number =>
  Math.round(numberIn(x, low, high, usual));
export const textOf = (x: unknown, most: number, usual = ''): string =>
  typeof x === 'string' ? x.slice(0, most) : typeof x === 'number' ? String(x) : usual;
export const flagOf = (x: unknown, usual: boolean): boolean =>
  x === true || x === 'true' ? true : x === false || x === 'false' ? false : usual;
