/** Fixed point in C has the bits of the interpreter: of this machine's compilers, with sanitizers, and by halves of words. */
import { fixedOf, frontGraphs, fullScale, linearGraphs } from '../../fixed.ts';
import { integerCase } from '../../integers.ts';
import { compilers, hasTheBits, type Compiled, type NativeCase } from './native.ts';

const operations: NativeCase[] = Object.values(integerCase());
const all: NativeCase[] = [
  ...operations,
  ...[...linearGraphs(), ...frontGraphs()].map(([, graph], i): NativeCase => {
    const name = i % 2 === 0 ? 'q15' : 'q31';
    const { program } = fixedOf(graph, name);
    // One kind of input each.
    return { program, values: fullScale(program, name, 5)[(i >> 1) % 5], overwrite: i % 3 === 1 };
  }),
];
/** What machines without long products run. */
const halves: Compiled = {
  name: 'gcc',
  flags: ['-std=c99', '-O0', '-D__ARM_ARCH_6M__', '-fsanitize=undefined', '-fno-sanitize-recover=all'],
};

// Every compiler sees every operation; whole programs are for the sanitizers and for one that optimises.
const whole = compilers.filter(({ name, flags }) => name === 'clang' || flags.includes('-O0'));
hasTheBits(all, [...whole, halves]);
hasTheBits(
  operations,
  compilers.filter((c) => !whole.includes(c)),
);
