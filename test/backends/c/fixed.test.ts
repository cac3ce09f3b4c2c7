/** Fixed point in C has the bits of the interpreter: of this machine's compilers, with sanitizers, and by halves of words. */
import { expect, it } from 'vitest';
import { fixedOf, frontGraphs, fullScale, linearGraphs } from '../../fixed.ts';
import { integerCase } from '../../integers.ts';
import { compilers, expectedOf, hasCompiler, nativeRun, type Compiled, type NativeCase } from './native.ts';

const all: NativeCase[] = [
  ...Object.values(integerCase()),
  ...[...linearGraphs(), ...frontGraphs()].map(([, graph], i): NativeCase => {
    const name = i % 2 === 0 ? 'q15' : 'q31';
    const { program } = fixedOf(graph, name);
    // One kind of input each.
    return { program, values: fullScale(program, name, 5)[(i >> 1) % 5], overwrite: i % 3 === 1 };
  }),
];
const expected = expectedOf(all);

/** What machines without long products run. */
const halves: Compiled = {
  name: 'gcc',
  flags: ['-std=c99', '-O1', '-D__ARM_ARCH_6M__', '-fsanitize=undefined', '-fno-sanitize-recover=all'],
};

it.each([...compilers, halves].map((c): [string, Compiled] => [`${c.name} ${c.flags.join(' ')}`, c]))(
  'has the bits of the interpreter: %s',
  (_, compiler) => {
    if (!hasCompiler(compiler.name)) return console.log(`skipped: no ${compiler.name}`);
    const found = nativeRun(all, compiler);
    expected().forEach((outputs, i) => {
      for (const [name, numbers] of Object.entries(outputs))
        expect(Float64Array.from(found[i][name]), `case ${i} ${name}`).toEqual(numbers);
    });
  },
  120_000,
);
