/**
 * Options of public functions. One table per function says which options exist and what each must be: an unknown name or a wrong
 * type is an error, never the default. The table is checked against the interface of the options: a row that is missing, too many
 * or of another type does not compile.
 *
 * What makes rules and tables is declared free of side effects, so that a bundle holds only the tables of what it imports.
 */
import { InvalidArgumentError } from './errors.ts';

/** A test of a value, of an option or of a part of a file (`formats/shape.ts`). */
export interface Predicate {
  /** What would be right, in words. */
  readonly expected: string;
  readonly allows: (value: unknown) => boolean;
  /** All that it allows, where that is a list. */
  readonly values?: readonly (string | number)[];
}

/** What one option must be. */
interface Check extends Predicate {
  /** Has it no default? */
  readonly required?: boolean;
  /** Rows of an option that is an object of options itself. */
  readonly table?: Checks;
}
type Checks = Readonly<Record<string, Check>>;

/** What an option of type T must be. */
export interface Rule<T> extends Check {
  /** Never called: makes a rule of T no rule of a wider or narrower type. */
  readonly type?: (value: T) => T;
}

/** A rule of an option that has no default. */
interface RequiredRule<T> extends Rule<T> {
  readonly required: true;
}

/** One rule per option; those without a default are `required`. */
export type OptionTable<O> = {
  readonly [K in keyof O]-?: object extends Pick<O, K> ? Rule<Exclude<O[K], undefined>> : RequiredRule<O[K]>;
};

/** A value as a message shows it: short, on one line, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return tag === 'Object' ? 'an object' : `a value of type ${tag}`;
}

/** One of a list of names or numbers. */
/* @__NO_SIDE_EFFECTS__ */
export const oneOf = <const T extends string | number>(values: readonly T[]): Rule<T> => ({
  expected: values.join(', '),
  values,
  allows: (value) => (values as readonly unknown[]).includes(value),
});

/** true or false, nothing that is merely taken for one. */
export const flag: Rule<boolean> = {
  expected: 'true or false',
  allows: (value) => typeof value === 'boolean',
};

/** A whole number within bounds. */
/* @__NO_SIDE_EFFECTS__ */
export const whole = (minimum = 1, maximum = Infinity): Rule<number> => ({
  expected:
    maximum < Infinity
      ? `a whole number from ${minimum} to ${maximum}`
      : `a whole number of at least ${minimum}`,
  allows: (value) => Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
});

/** Bounds of a number; `above` and `below` leave the bound itself out. */
export interface Bounds {
  readonly above?: number;
  readonly minimum?: number;
  readonly below?: number;
  readonly maximum?: number;
}

/** A finite number within bounds. */
/* @__NO_SIDE_EFFECTS__ */
export function finite({ above, minimum, below, maximum }: Bounds = {}): Rule<number> {
  const words = [
    above === undefined ? '' : `above ${above}`,
    minimum === undefined ? '' : `of at least ${minimum}`,
    below === undefined ? '' : `below ${below}`,
    maximum === undefined ? '' : `of at most ${maximum}`,
  ].filter(Boolean);
  return {
    expected: words.length === 0 ? 'a finite number' : `a number ${words.join(' and ')}`,
    allows: (value) =>
      typeof value === 'number' &&
      Number.isFinite(value) &&
      value > (above ?? -Infinity) &&
      value >= (minimum ?? -Infinity) &&
      value < (below ?? Infinity) &&
      value <= (maximum ?? Infinity),
  };
}

/** A value that a test of one's own accepts. */
/* @__NO_SIDE_EFFECTS__ */
export const matching = <T>(expected: string, allows: (value: unknown) => boolean): Rule<T> => ({
  expected,
  allows,
});

/** A string. */
export const text: Rule<string> = {
  expected: 'text',
  allows: (value) => typeof value === 'string',
};

/** A function, called or not. */
/* @__NO_SIDE_EFFECTS__ */
export const callback = <T>(): Rule<T> => matching('a function', (value) => typeof value === 'function');

/** A value whose own validation follows elsewhere. */
/* @__NO_SIDE_EFFECTS__ */
export const anything = <T>(): Rule<T> => matching('a value', () => true);

/* @__NO_SIDE_EFFECTS__ */
export const orNull = <T>(rule: Rule<T>): Rule<T | null> => ({
  expected: `${rule.expected} or null`,
  allows: (value) => value === null || rule.allows(value),
  ...(rule.table ? { table: rule.table } : {}),
});

/** Any of two rules. */
/* @__NO_SIDE_EFFECTS__ */
export const either = <A, B>(a: Rule<A>, b: Rule<B>): Rule<A | B> => ({
  expected: `${a.expected} or ${b.expected}`,
  allows: (value) => a.allows(value) || b.allows(value),
  ...((a.table ?? b.table) ? { table: (a.table ?? b.table) as Checks } : {}),
});

/** An option that has no default. */
/* @__NO_SIDE_EFFECTS__ */
export const required = <T>(rule: Rule<T>): RequiredRule<T> => ({ ...rule, required: true });

/** Is it an object, and neither null nor an array of any kind? */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/** An object whose own validation follows elsewhere. */
/* @__NO_SIDE_EFFECTS__ */
export const record = <T>(expected = 'an object'): Rule<T> => matching(expected, isRecord);

/** An object with options of its own. */
/* @__NO_SIDE_EFFECTS__ */
export const nested = <O>(table: OptionTable<O>): Rule<O> => ({
  expected: 'an object',
  allows: isRecord,
  table: table as Checks,
});

/** The table of options O that has the rows of a table of some of them, A, and others. */
/* @__NO_SIDE_EFFECTS__ */
export const extended = <A, O extends A>(
  table: OptionTable<A>,
  rows: OptionTable<Omit<O, keyof A>>,
): OptionTable<O> => ({ ...table, ...rows }) as unknown as OptionTable<O>;

/**
 * Throws InvalidArgumentError unless `options` holds nothing but what the table allows. `owner` is the function's name. An option
 * given as undefined is one not given. `path` stands before the names of options that are part of others: 'bank.'.
 */
export function checkOptions<O>(owner: string, options: O, table: OptionTable<O>, path = ''): void {
  checkTable(owner, options, table as Checks, path);
}

/** The same for an argument that is no option. */
export function checkArgument<T>(name: string, value: T, rule: Rule<T>): void {
  if (!rule.allows(value))
    throw new InvalidArgumentError(`${name} is ${shown(value)}; expected ${rule.expected}`);
}

function checkTable(owner: string, options: unknown, table: Checks, path: string): void {
  if (!isRecord(options))
    throw new InvalidArgumentError(`the options of ${owner} are ${shown(options)}; expected an object`);
  for (const key of Object.keys(options))
    if (!Object.hasOwn(table, key))
      throw new InvalidArgumentError(
        `${owner} has no option ${JSON.stringify(path + key)}; expected ${Object.keys(table).join(', ')}`,
      );
  for (const key in table) {
    const rule = table[key];
    const value = options[key];
    if (value === undefined ? rule.required === true : !rule.allows(value))
      throw new InvalidArgumentError(`${path}${key} is ${shown(value)}; expected ${rule.expected}`);
    if (rule.table && isRecord(value)) checkTable(owner, value, rule.table, `${path}${key}.`);
  }
}

/** Insertions, deletions, substitutions and swaps of neighbours from one word to another. */
export function editDistance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length];
}

/** The name that a word was meant to be: the only one that it is a part of, or one off by a third of its letters at most. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const own = word.toLowerCase();
  const [whole, ...others] = names.filter((name) => own.length > 1 && name.includes(own));
  if (whole !== undefined && others.length === 0) return whole;
  const [best] = names.map((name) => ({ name, off: editDistance(own, name) })).sort((a, b) => a.off - b.off);
  return best && best.off <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

/** " (did you mean x?)" with what stands before a name, or nothing. */
export function suggestion(word: string, names: readonly string[], prefix = ''): string {
  const name = nearest(word, names);
  return name === undefined ? '' : ` (did you mean ${prefix}${name}?)`;
}
