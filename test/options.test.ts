/** The mechanism behind every function's options: what a table refuses, and that table and interface cannot part. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../src/errors.ts';
import {
  checkOptions,
  finite,
  flag,
  nested,
  oneOf,
  orNull,
  required,
  whole,
  type OptionTable,
} from '../src/options.ts';

interface Log {
  readonly floor: number;
}
interface Options {
  readonly n: number;
  readonly inverse?: boolean;
  readonly dtype?: 'f32' | 'f64';
  readonly fit?: number | null;
  readonly log?: Log;
}

const log = nested<Log>({ floor: required(finite({ minimum: 0 })) });
const table: OptionTable<Options> = {
  n: required(whole(1, 64)),
  inverse: flag,
  dtype: oneOf(['f32', 'f64']),
  fit: orNull(whole()),
  log,
};

const check = (options: unknown): void => checkOptions('plan', options as Options, table);

describe('options', () => {
  it('are accepted, left out or given as undefined', () => {
    for (const options of [
      { n: 4 },
      { n: 4, inverse: undefined, dtype: 'f64', fit: null, log: { floor: 0 } },
    ])
      expect(() => check(options)).not.toThrow();
  });

  it.each([
    [undefined, 'the options of plan are undefined; expected an object'],
    [null, 'the options of plan are null; expected an object'],
    [[4], 'the options of plan are an array of 1; expected an object'],
    [{}, 'n is undefined; expected a whole number from 1 to 64'],
    [{ n: '4' }, 'n is "4"; expected a whole number from 1 to 64'],
    [{ n: 65 }, 'n is 65; expected a whole number from 1 to 64'],
    [{ n: 4, direction: 'inverse' }, 'plan has no option "direction"; expected n, inverse, dtype, fit, log'],
    [{ n: 4, inverse: 'false' }, 'inverse is "false"; expected true or false'],
    [{ n: 4, inverse: null }, 'inverse is null; expected true or false'],
    [{ n: 4, dtype: 'F64' }, 'dtype is "F64"; expected f32, f64'],
    [{ n: 4, dtype: ['f64'] }, 'dtype is an array of 1; expected f32, f64'],
    [{ n: 4, fit: 1.5 }, 'fit is 1.5; expected a whole number of at least 1 or null'],
    [{ n: 4, log: { flor: 1 } }, 'plan has no option "log.flor"; expected floor'],
    [{ n: 4, log: { floor: -1 } }, 'log.floor is -1; expected a number of at least 0'],
    [{ n: 4, log: () => 1 }, 'log is a function; expected an object'],
  ])('%j is refused', (options, message) => {
    expect(() => check(options)).toThrow(InvalidArgumentError);
    expect(() => check(options)).toThrow(message);
  });

  it('and their interface are one: a table that parts from it does not compile', () => {
    // @ts-expect-error: n has no default
    const notRequired: OptionTable<Options> = { ...table, n: whole() };
    // @ts-expect-error: the type allows f64
    const narrower: OptionTable<Options> = { ...table, dtype: oneOf(['f32']) };
    // @ts-expect-error: the type does not allow f16
    const wider: OptionTable<Options> = { ...table, dtype: oneOf(['f32', 'f64', 'f16']) };
    // @ts-expect-error: the type allows null
    const neverNull: OptionTable<Options> = { ...table, fit: whole() };
    // @ts-expect-error: a row is missing
    const missing: OptionTable<Options> = { n: table.n, inverse: flag, dtype: table.dtype, fit: table.fit };
    const one: OptionTable<Log> = {
      floor: required(finite()),
      // @ts-expect-error: the interface has no such option
      ceiling: finite(),
    };
    expect([notRequired, narrower, wider, neverNull, missing, one]).toHaveLength(6);
  });
});
