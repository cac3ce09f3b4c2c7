/** The contract of executables, on every backend: names in and out, runs that move on, an end. */
import { describe, expect, it } from 'vitest';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { viewOf, type Executable } from '../../src/backends/backend.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { argument, exprCarrier as k } from '../../src/ir/expr.ts';
import { input, map, parameter } from '../../src/ir/graph.ts';
import { allBackends } from '../helpers.ts';

const reserve = { x: 32, y: 32 };
/** y = c x, 8 numbers a run. */
const [y] = map('scale', [input('x', [8]), parameter('c', [8])], [k.mul(argument(0), argument(1))]);
const program = compileGraph({ outputs: { y } }, { dtype: 'f32', reserve });
const counting = Float32Array.from({ length: 32 }, (_, i) => i + 1);

describe.each(allBackends)('an executable of $name', (backend) => {
  it('takes numbers by name and gives copies', async () => {
    const e: Executable = backend.instantiate(program);
    e.write('x', [1, 2, 3]);
    e.write('c', new Float64Array(8).fill(2));
    await e.run();
    const first = await e.read('y');
    expect([...first.subarray(0, 4)]).toEqual([2, 4, 6, 0]);
    first.fill(9);
    expect((await e.read('y'))[0]).toBe(2);
    expect((await e.read('x')).length).toBe(32);
    expect(() => e.write('x', new Float32Array(33))).toThrow(
      new InvalidArgumentError('33 numbers for "x"; expected at most 32'),
    );
    for (const use of [() => e.write('z', [1]), () => e.read('z')])
      expect(use).toThrow('"z" is no input, output or parameter');
  });

  it('runs several times in one call, each further on than the one before', () => {
    const e = backend.instantiate(program);
    e.write('x', counting);
    e.write('c', new Array<number>(8).fill(1));
    const y = viewOf(e, 'y');
    e.run(0);
    expect([...y]).toEqual(new Array(32).fill(0));
    e.run(2, 16, 8, 1);
    expect([...y]).toEqual([
      ...counting.subarray(1, 9),
      ...counting.subarray(17, 25),
      ...new Array<number>(16).fill(0),
    ]);
    e.run();
    expect([...y.subarray(0, 8)]).toEqual([...counting.subarray(0, 8)]);
  });

  it('is of no use once it is disposed', () => {
    const e = backend.instantiate(program);
    const x = viewOf(e, 'x').fill(3);
    e.dispose();
    e.dispose();
    for (const use of [() => e.run(), () => e.run(2, 8, 8), () => e.write('x', [1]), () => e.read('y')])
      expect(use).toThrow(InvalidArgumentError);
    expect(e.arena.length).toBe(0);
    expect(x[7]).toBe(3);
  });
});
