/** What a value read from a file must look like: small checks that compose, and say where the first wrong part is. */
import { FileFormatError } from '../errors.ts';
import * as rules from '../options.ts';
import { isRecord, type Predicate } from '../options.ts';

/** What is wrong, beginning with where it is (".rows[3].name"), or null. Unknown keys of objects are let pass. */
export type Shape = (value: unknown) => string | null;

/** The shape of what a rule of options allows. */
/* @__NO_SIDE_EFFECTS__ */
export const ruled =
  ({ expected, allows }: Predicate): Shape =>
  (value) =>
    allows(value) ? null : `: expected ${expected}`;

export const text: Shape = ruled(rules.matching('text', (x) => typeof x === 'string'));
export const finite: Shape = ruled(rules.finite());
export const count: Shape = ruled(rules.whole(0));
export const flag: Shape = ruled(rules.flag);
export const anything: Shape = () => null;
/* @__NO_SIDE_EFFECTS__ */
export const oneOf = (values: readonly (string | number)[]): Shape => ruled(rules.oneOf(values));

/** Or null, or (`optional`) missing. */
/* @__NO_SIDE_EFFECTS__ */
export const orNull =
  (shape: Shape): Shape =>
  (value) =>
    value === null ? null : shape(value);
/* @__NO_SIDE_EFFECTS__ */
export const optional =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined ? null : shape(value);

/* @__NO_SIDE_EFFECTS__ */
export const listOf =
  (shape: Shape, least = 0, most = Infinity): Shape =>
  (value) => {
    if (!Array.isArray(value) || value.length < least || value.length > most)
      return `: expected a list${least > 0 ? ` of at least ${least}` : ''}`;
    for (let i = 0; i < value.length; i++) {
      const problem = shape(value[i]);
      if (problem !== null) return `[${i}]${problem}`;
    }
    return null;
  };

/** An object whose keys, whatever they are, have values of one shape. */
/* @__NO_SIDE_EFFECTS__ */
export const recordOf =
  (shape: Shape): Shape =>
  (value) => {
    if (!isRecord(value)) return ': expected an object';
    for (const [key, own] of Object.entries(value)) {
      const problem = shape(own);
      if (problem !== null) return `.${JSON.stringify(key)}${problem}`;
    }
    return null;
  };

/** An object with these keys, and others. */
/* @__NO_SIDE_EFFECTS__ */
export const object =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value) => {
    if (!isRecord(value)) return ': expected an object';
    for (const [key, shape] of Object.entries(shapes)) {
      const problem = shape(Object.hasOwn(value, key) ? value[key] : undefined);
      if (problem !== null) return `.${key}${problem}`;
    }
    return null;
  };

/** One shape for several keys. */
/* @__NO_SIDE_EFFECTS__ */
export const each = (keys: readonly string[], shape: Shape): Record<string, Shape> =>
  Object.fromEntries(keys.map((key) => [key, shape]));

/* @__NO_SIDE_EFFECTS__ */
export const either =
  (a: Shape, b: Shape): Shape =>
  (value) =>
    a(value) === null ? null : b(value);

export const matches = (shape: Shape, value: unknown): boolean => shape(value) === null;

/** Throws FileFormatError, naming the file and the first wrong part of what is called `what`. */
export function requireShape(shape: Shape, value: unknown, name: string, what: string): void {
  const problem = shape(value);
  if (problem !== null) throw new FileFormatError(`${name}: ${what}${problem}`);
}
