/** What a value read from a file must look like: small checks that compose, and say where the first wrong part is. */
import { FileFormatError } from '../errors.ts';
import * as rules from '../options.ts';
import { isRecord, type Rule } from '../options.ts';

/**
 * What is wrong, beginning with where it is (".rows[3].name"), or null. Unknown keys of objects are let pass. T is what a value is
 * that nothing is wrong with.
 */
export interface Shape<T = unknown> {
  (value: unknown): string | null;
  readonly type?: T;
}
/** The type of what a shape lets pass. */
export type ShapeOf<S> = S extends Shape<infer T> ? T : never;

/** The shape of what a rule of options allows. */
/* @__NO_SIDE_EFFECTS__ */
export const ruled =
  <T>({ expected, allows }: Rule<T>): Shape<T> =>
  (value) =>
    allows(value) ? null : `: expected ${expected}`;

export const text = /* @__PURE__ */ ruled(rules.text);
export const finite = /* @__PURE__ */ ruled(/* @__PURE__ */ rules.finite());
export const count = /* @__PURE__ */ ruled(/* @__PURE__ */ rules.whole(0));
export const flag = /* @__PURE__ */ ruled(rules.flag);
export const anything: Shape = () => null;
/* @__NO_SIDE_EFFECTS__ */
export const oneOf = <const T extends string | number>(values: readonly T[]): Shape<T> =>
  ruled(rules.oneOf(values));

/** Or null, or (`optional`) missing. */
/* @__NO_SIDE_EFFECTS__ */
export const orNull =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value) =>
    value === null ? null : shape(value);
/* @__NO_SIDE_EFFECTS__ */
export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value) =>
    value === undefined ? null : shape(value);

/* @__NO_SIDE_EFFECTS__ */
export const listOf =
  <T>(shape: Shape<T>, least = 0, most = Infinity): Shape<readonly T[]> =>
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
  <T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> =>
  (value) => {
    if (!isRecord(value)) return ': expected an object';
    for (const [key, own] of Object.entries(value)) {
      const problem = shape(own);
      if (problem !== null) return `.${JSON.stringify(key)}${problem}`;
    }
    return null;
  };

type Shapes = Readonly<Record<string, Shape>>;
type MissingOf<S extends Shapes> = {
  [K in keyof S]: undefined extends ShapeOf<S[K]> ? K : never;
}[keyof S];
/** Keys that may be missing are optional. */
type ObjectOf<S extends Shapes> = { readonly [K in Exclude<keyof S, MissingOf<S>>]: ShapeOf<S[K]> } & {
  readonly [K in MissingOf<S>]?: Exclude<ShapeOf<S[K]>, undefined>;
};

/** An object with these keys, and others. */
/* @__NO_SIDE_EFFECTS__ */
export const object =
  <S extends Shapes>(shapes: S): Shape<ObjectOf<S>> =>
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
export const each = <const K extends string, T>(keys: readonly K[], shape: Shape<T>): Record<K, Shape<T>> =>
  Object.fromEntries(keys.map((key) => [key, shape])) as Record<K, Shape<T>>;

/* @__NO_SIDE_EFFECTS__ */
export const either =
  <A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> =>
  (value) =>
    a(value) === null ? null : b(value);

export const matches = <T>(shape: Shape<T>, value: unknown): value is T => shape(value) === null;

/** Throws FileFormatError, naming the file and the first wrong part of what is called `what`. */
export function requireShape<T>(
  shape: Shape<T>,
  value: unknown,
  name: string,
  what: string,
): asserts value is T {
  const problem = shape(value);
  if (problem !== null) throw new FileFormatError(`${name}: ${what}${problem}`);
}
