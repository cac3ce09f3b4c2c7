/** Libraries that papilio's C is measured beside: kissfft anywhere, CMSIS-DSP on Cortex-M. */
import { UnsupportedError } from '../../src/index.ts';
import { cmsis } from './cmsis.ts';
import { checkout, filesOf, commonFlags, fromPairs, type Peer } from './peer.ts';

const kissfftTypes = { f32: [], q15: ['-DFIXED_POINT=16'], q31: ['-DFIXED_POINT=32'] } as const;

/** Bytes of two structures and their tables, or of one. */
const plans = {
  real: (n: number) => `264 + 3 * sizeof(void *) + ${n / 2 + 3 * Math.ceil(n / 4)} * sizeof(kiss_fft_cpx)`,
  complex: (n: number) => `264 + ${n} * sizeof(kiss_fft_cpx)`,
};

/** It makes its tables at the start, in RAM, and in fixed point divides by n. */
const kissfft = (kind: 'real' | 'complex', format: keyof typeof kissfftTypes): Peer => ({
  name: 'kissfft',
  format,
  kind,
  runsOn: () => true,
  make: ({ n }) => {
    const folder = checkout('kissfft', 'kiss_fftr.c');
    const isReal = kind === 'real';
    if (isReal && n % 2 === 1) throw new UnsupportedError(`n = ${n}; expected an even size for kissfft`);
    const stem = isReal ? 'kiss_fftr' : 'kiss_fft';
    return {
      label: 'kissfft',
      format,
      job: {
        sources: filesOf(folder, isReal ? ['kiss_fft.c', 'kiss_fftr.c'] : ['kiss_fft.c']),
        includes: [folder],
        flags: [...commonFlags, '-DNDEBUG', ...kissfftTypes[format]],
        libraries: ['-lm'],
      },
      call: {
        declarations:
          `#include "${stem}.h"\nstatic ${stem}_cfg plan;\n` +
          `static _Alignas(8) unsigned char memory[${plans[kind](n)}];`,
        arrays: [
          { name: 'input', format, length: isReal ? n : 2 * n },
          { name: 'output', format, length: isReal ? n + 2 : 2 * n },
        ],
        input: 'input',
        setup:
          `size_t size = sizeof memory; plan = ${stem}_alloc(${n}, 0, memory, &size); ` +
          'if (!plan) board_exit(4);',
        call: `${stem}(plan, ${isReal ? 'input' : '(const kiss_fft_cpx *)input'}, (kiss_fft_cpx *)output);`,
        outputs: ['output'],
      },
      result: (output) =>
        fromPairs(output('output'), isReal ? n / 2 + 1 : n).map((x) => (format === 'f32' ? x : n * x)),
    };
  },
});

export const peers: readonly Peer[] = [
  ...cmsis,
  ...(['real', 'complex'] as const).flatMap((kind) =>
    (['f32', 'q15', 'q31'] as const).map((format) => kissfft(kind, format)),
  ),
];

/** Names for --peers. */
export const embeddedPeerNames: readonly string[] = [...new Set(peers.map((p) => p.name))];
