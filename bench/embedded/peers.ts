/** Libraries that papilio's C is measured beside: kissfft anywhere, CMSIS-DSP on Cortex-M, FFTW and pffft natively. */
import { join } from 'node:path';
import { UnsupportedError } from '../../src/index.ts';
import { primeFactors } from '../../src/numeric/digits.ts';
import type { Board } from './boards.ts';
import { cmsis } from './cmsis.ts';
import { checkout, filesOf, flagsFor, fromPairs, fromPairsWithLast, type Peer } from './peer.ts';

const kissfftTypes = { f32: [], q15: ['-DFIXED_POINT=16'], q31: ['-DFIXED_POINT=32'] } as const;

/** It makes its tables at the start, in RAM, and in fixed point divides by n. */
const kissfft = (format: keyof typeof kissfftTypes): Peer => ({
  name: 'kissfft',
  format,
  kind: 'real',
  runsOn: () => true,
  make: ({ n }, board) => {
    const folder = checkout('kissfft', 'kiss_fftr.c');
    if (n % 2 === 1) throw new UnsupportedError(`n = ${n}; expected an even size for kissfft`);
    // Two structures and their tables.
    const memory = `264 + 3 * sizeof(void *) + ${n / 2 + 3 * Math.ceil(n / 4)} * sizeof(kiss_fft_cpx)`;
    return {
      label: 'kissfft',
      format,
      job: {
        sources: filesOf(folder, ['kiss_fft.c', 'kiss_fftr.c']),
        includes: [folder],
        flags: [...flagsFor(board), '-DNDEBUG', ...kissfftTypes[format]],
        libraries: ['-lm'],
      },
      call: {
        declarations:
          '#include "kiss_fftr.h"\nstatic kiss_fftr_cfg plan;\n' +
          `static _Alignas(8) unsigned char memory[${memory}];`,
        arrays: [
          { name: 'input', format, length: n },
          { name: 'output', format, length: n + 2 },
        ],
        input: 'input',
        setup:
          `size_t size = sizeof memory; plan = kiss_fftr_alloc(${n}, 0, memory, &size); ` +
          'if (!plan) board_exit(4);',
        call: 'kiss_fftr(plan, input, (kiss_fft_cpx *)output);',
        outputs: ['output'],
      },
      result: (output) => fromPairs(output('output'), n / 2 + 1).map((x) => (format === 'f32' ? x : n * x)),
    };
  },
});

const isNative = (board: Board): boolean => board.tick === null;
const native = { format: 'f32', kind: 'real', runsOn: isNative } as const;

/** The system's, with whichever vectors it was built. */
const fftw: Peer = {
  ...native,
  name: 'fftw',
  make: ({ n }, board) => ({
    label: 'FFTW',
    format: 'f32',
    job: { sources: {}, flags: flagsFor(board), libraries: ['-lfftw3f', '-lm'] },
    call: {
      declarations: '#include <fftw3.h>\nstatic fftwf_plan plan;',
      arrays: [
        { name: 'input', format: 'f32', length: n },
        { name: 'output', format: 'f32', length: 2 * Math.floor(n / 2) + 2 },
      ],
      input: 'input',
      setup: `plan = fftwf_plan_dft_r2c_1d(${n}, input, (fftwf_complex *)output, FFTW_MEASURE);`,
      call: 'fftwf_execute(plan);',
      outputs: ['output'],
    },
    result: (output) => fromPairs(output('output'), Math.floor(n / 2) + 1),
  }),
};

const pffft: Peer = {
  ...native,
  name: 'pffft',
  make: ({ n }, board) => {
    const folder = checkout('pffft', 'src/pffft.c');
    if (n % 32 !== 0 || primeFactors(n).some((p) => p > 5))
      throw new UnsupportedError(`n = ${n}; expected a multiple of 32 with factors 2, 3 and 5 for pffft`);
    return {
      label: 'pffft',
      format: 'f32',
      job: {
        sources: filesOf(join(folder, 'src'), ['pffft.c', 'pffft_common.c']),
        includes: [join(folder, 'src'), join(folder, 'include/pffft')],
        flags: flagsFor(board),
        libraries: ['-lm'],
      },
      call: {
        declarations: '#include "pffft.h"\nstatic PFFFT_Setup *plan;',
        arrays: ['input', 'output', 'work'].map((name) => ({ name, format: 'f32', length: n })),
        input: 'input',
        setup: `plan = pffft_new_setup(${n}, PFFFT_REAL); if (!plan) board_exit(4);`,
        call: 'pffft_transform_ordered(plan, input, output, work, PFFFT_FORWARD);',
        outputs: ['output'],
      },
      result: (output) => fromPairsWithLast(output('output')),
    };
  },
};

export const peers: readonly Peer[] = [
  ...cmsis,
  ...(['f32', 'q15', 'q31'] as const).map(kissfft),
  fftw,
  pffft,
];

/** Names for --peers. */
export const embeddedPeerNames: readonly string[] = [...new Set(peers.map((p) => p.name))];
