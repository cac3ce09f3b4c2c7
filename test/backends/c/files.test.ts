/** Files of C as users have them: several models in one program, names that tests have too, results without a number. */
import { describe, expect, it } from 'vitest';
import type { COptions } from '../../../src/backends/c/c-files.ts';
import type { Machine } from '../../../src/compiler/machines.ts';
import { frontEndC, frontEndNeeds } from '../../../src/front/c.ts';
import { exactFrontEnd } from '../../../src/front/front-end.ts';
import { fftC } from '../../../src/plans/c-module.ts';
import { featureHead } from '../../../src/spectral/presets.ts';
import { hasCompiler, inFolder, strict } from './native.ts';

const compilers = ['gcc', 'clang++'].filter(hasCompiler);
const flags = (compiler: string): string[] => [
  ...(compiler.endsWith('+') ? ['-x', 'c++', '-std=c++11'] : ['-std=c99']),
  '-O0',
  '-ffp-contract=off',
  '-I.',
  ...strict,
];
const lines = (names: readonly string[], of: (name: string) => string): string => names.map(of).join('\n');

describe('files', () => {
  it('of several models are one program', () => {
    const names = ['wrong', 'differ', 'fill_float', 'out'];
    const models = [
      ...names.map((name, i) => fftC({ n: 4 + i }, { name })),
      frontEndC(exactFrontEnd(featureHead('papilio', { nFft: 32, windowLength: 32, bank: { bands: 8 } })), {
        name: 'samples',
      }),
    ];
    const all = [...names, 'samples'];
    const main = `${lines(all, (n) => `#include "${n}.h"\n#include "${n}.h"\nint ${n}_test(void);`)}
int main(void) { return ${lines(all, (n) => `${n}_test()`).replaceAll('\n', ' + ')}; }
`;
    inFolder(Object.assign({ 'main.c': main }, ...models.map((m) => m.files)), (run) => {
      const sources = ['main.c', ...all.flatMap((n) => [`${n}.c`, `${n}_test.c`])];
      const macros = all.map((n) => `-D${n.toUpperCase()}_TEST_NO_MAIN`);
      for (const compiler of compilers) {
        run(compiler, ...flags(compiler), ...macros, ...sources, '-o', 'main');
        run('./main');
      }
    });
  }, 60_000);

  it('expect infinite numbers where papilio has them', () => {
    // The logarithm of a band without a bin.
    const bank = { kind: 'bands', edges: [[100, 101], [0, 8000]] } as const; // prettier-ignore
    const log = { kind: 'log10', floor: 0, offset: 0, range: null, reference: 1 } as const;
    const head = { ...featureHead('papilio', { nFft: 32, windowLength: 32 }), bank, log };
    const { files } = frontEndC(exactFrontEnd(head), { name: 'own' });
    inFolder(files, (run) => {
      for (const compiler of compilers) {
        run(compiler, ...flags(compiler), 'own.c', 'own_test.c', '-o', 'run');
        expect(run('./run')).toBe('own: 0 wrong, every bit equal\n');
      }
    });
  }, 60_000);

  it.skipIf(!hasCompiler('gcc')).each([
    ['a sign of a frame', / \+ /, ' - '],
    ['the log of a frame', /papilio_exponent\(v/, 'papilio_mantissa(v'],
    ['padding behind the end', / : period - /, ' : period - 1 - '],
    ['samples that are kept', /keep = state->next \* 16 - \d+/, 'keep = state->next * 16'],
    ['what a signal begins with', 'state->padded = 0;', 'state->padded = 1;'],
    ['the unit of 16-bit samples', '1.0f / 32768.0f', '1.0f / 16384.0f'],
    ['the end', 'state->ended = 1;\n  while (state->next < end)', 'while (state->next + 1 < end)'],
  ])('have a test that fails where the code differs in %s', (_, from, to) => {
    const small = { nFft: 32, windowLength: 32, hop: 16, bank: { bands: 3 } } as const;
    const head = featureHead('papilio', { ...small, framing: 'centered', padding: 'reflect' });
    const { files } = frontEndC(exactFrontEnd(head), { name: 'own' });
    const source = files['own.c'].replace(from, to);
    expect(source).not.toBe(files['own.c']);
    inFolder({ ...files, 'own.c': source }, (run) => {
      run('gcc', '-std=c99', 'own.c', 'own_test.c', '-o', 'run');
      expect(() => run('./run')).toThrow(/Command failed/);
    });
  });

  it('have what their caller says in a comment, whatever it is', () => {
    const about = 'Made */ of \\\n/* what there was.';
    const { files } = fftC({ n: 4 }, { name: 'own', about });
    inFolder(files, (run) => {
      for (const compiler of compilers)
        run(compiler, ...flags(compiler), '-fsyntax-only', 'own.c', 'own_test.c');
    });
  });

  it('are those of the defaults for options that are undefined', () => {
    const none = { format: undefined, target: undefined, overwrite: undefined, layout: undefined };
    const more = { vectors: undefined, about: undefined };
    const files = fftC({ n: 8 }, { name: 'own', ...none, ...more } as object as COptions);
    expect(files).toEqual(fftC({ n: 8 }, { name: 'own' }));
    expect(() => frontEndNeeds(exactFrontEnd(featureHead('papilio')), 'pdp11' as Machine)).toThrow(
      /^target is "pdp11"; expected wasm, /,
    );
  });
});
