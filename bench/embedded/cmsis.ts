/** CMSIS-DSP, the vendor's library for Cortex-M: its transforms, and a log-mel frame written with its calls. */
import { join } from 'node:path';
import { UnsupportedError } from '../../src/index.ts';
import { bandsOf } from '../../src/spectral/banks.ts';
import { headWindow, type HeadConfig } from '../../src/spectral/head.ts';
import { isPowerOfTwo } from '../contender.ts';
import type { Board } from './boards.ts';
import { isLogMel } from './fronts.ts';
import { tableText } from './harness.ts';
import { checkout, commonFlags, filesOf, fromPairs, fromPairsWithLast, type Peer } from './peer.ts';
import type { Files, Job } from './run.ts';

type Format = 'f32' | 'q15' | 'q31';

const runsOn = (board: Board): boolean => board.compiler.startsWith('arm');

/** Names of files by the folder of Source/ that they are in. */
type Rooms = Readonly<Record<string, readonly string[]>>;

function jobFor(rooms: Rooms, more: Files = {}): Omit<Job, 'harness'> {
  const folder = checkout('CMSIS-DSP', 'Include/arm_math.h');
  const core = 'CMSIS/Core/Include';
  const files = Object.entries(rooms).map(([room, names]) =>
    filesOf(
      join(folder, 'Source', room),
      names.map((name) => `${name}.c`),
    ),
  );
  return {
    sources: Object.assign({}, ...files, more) as Files,
    includes: [
      join(folder, 'Include'),
      join(folder, 'PrivateInclude'),
      join(checkout('CMSIS_6', `${core}/cmsis_compiler.h`), core),
    ],
    flags: commonFlags,
    libraries: ['-lm'],
  };
}

/** Throws UnsupportedError for sizes that it has not. */
function requireSize(n: number, least: number): void {
  if (!isPowerOfTwo(n) || n < least || n > 4096)
    throw new UnsupportedError(`sizes that are no powers of two from ${least} to 4096`);
}

const complexRooms = (format: Format): Rooms => ({
  TransformFunctions: [
    `arm_cfft_${format}`,
    `arm_cfft_init_${format}`,
    `arm_cfft_radix${format === 'f32' ? 8 : 4}_${format}`,
    'arm_bitreversal',
    'arm_bitreversal2',
  ],
  CommonTables: ['arm_common_tables', 'arm_const_structs'],
});

const stemOf = (format: Format): string => `arm_rfft${format === 'f32' ? '_fast' : ''}`;

function realRooms(format: Format): Rooms {
  const { TransformFunctions, ...rooms } = complexRooms(format);
  const own = [`${stemOf(format)}_${format}`, `${stemOf(format)}_init_${format}`];
  return {
    ...rooms,
    TransformFunctions: [...TransformFunctions, ...own],
    ...(format === 'f32' ? {} : { BasicMathFunctions: [`arm_shift_${format}`] }),
  };
}

/** Initialised for one size alone, so that the linker drops the tables of all others. */
const realTransform = (format: Format): Peer => ({
  name: 'cmsis-dsp',
  format,
  kind: 'real',
  runsOn,
  make: ({ n }) => {
    requireSize(n, 32);
    const [stem, isFixed] = [stemOf(format), format !== 'f32'];
    return {
      label: 'CMSIS-DSP',
      format,
      job: jobFor(realRooms(format)),
      call: {
        declarations: `#include "arm_math.h"\nstatic ${stem}_instance_${format} plan;`,
        arrays: [
          { name: 'input', format, length: n },
          // The spectrum in fixed point is whole: its upper half mirrors the lower one.
          { name: 'output', format, length: isFixed ? 2 * n : n },
        ],
        input: 'input',
        setup: `if (${stem}_init_${n}_${format}(&plan${isFixed ? ', 0, 1' : ''}) != 0) board_exit(4);`,
        call: `${stem}_${format}(&plan, input, output${isFixed ? '' : ', 0'});`,
        outputs: ['output'],
      },
      result: (output) =>
        isFixed ? fromPairs(output('output'), n / 2 + 1) : fromPairsWithLast(output('output')),
    };
  },
});

/** In place, as it is. */
const complexTransform = (format: Format): Peer => ({
  name: 'cmsis-dsp',
  format,
  kind: 'complex',
  runsOn,
  make: ({ n }) => {
    requireSize(n, 16);
    return {
      label: 'CMSIS-DSP',
      format,
      job: jobFor(complexRooms(format)),
      call: {
        declarations: `#include "arm_math.h"\nstatic arm_cfft_instance_${format} plan;`,
        arrays: [{ name: 'data', format, length: 2 * n }],
        input: 'data',
        setup: `if (arm_cfft_init_${n}_${format}(&plan) != 0) board_exit(4);`,
        call: `arm_cfft_${format}(&plan, data, 0, 1);`,
        outputs: ['data'],
      },
      result: (output) => fromPairs(output('data'), n),
    };
  },
});

/** Bands without the zeros at their ends. */
function bandsWithoutZeros(head: HeadConfig): { first: number; weights: Float64Array }[] {
  const { bands, weights } = bandsOf(head, head.nFft);
  return Array.from(bands.start, (start, band) => {
    const row = weights.subarray(band * bands.width, (band + 1) * bands.width);
    const skipped = row.findIndex((w) => w !== 0);
    return { first: start + skipped, weights: row.slice(skipped, row.findLastIndex((w) => w !== 0) + 1) };
  });
}

/** The frame as an application writes it: window, transform, powers, a dot product a band, logarithms. */
function logMelSource(head: HeadConfig): string {
  const { nFft, windowLength } = head;
  const length = windowLength ?? nFft;
  const before = (nFft - length) / 2;
  const bands = bandsWithoutZeros(head);
  const indices = (name: string, values: readonly number[]): string =>
    `static const uint16_t ${name}[] = {${values.join(', ')}};\n`;
  const zeros = (from: string, count: number): string =>
    count === 0 ? '' : `  arm_fill_f32(0, ${from}, ${count});\n`;
  return `#include "arm_math.h"
${tableText('window', headWindow(head).subarray(before, before + length), 'f32')}
${tableText('weights', Float64Array.of(...bands.flatMap((b) => [...b.weights])), 'f32')}
${indices(
  'firsts',
  bands.map((b) => b.first),
)}
${indices(
  'counts',
  bands.map((b) => b.weights.length),
)}
void log_mel(arm_rfft_fast_instance_f32 *plan, float32_t *frame, float32_t *spectrum, float32_t *levels) {
  float32_t *const power = frame;
  const float32_t *row = weights;
${zeros('frame', before)}  arm_mult_f32(frame + ${before}, window, frame + ${before}, ${length});
${zeros(`frame + ${before + length}`, nFft - before - length)}  arm_rfft_fast_f32(plan, frame, spectrum, 0);
  arm_cmplx_mag_squared_f32(spectrum, power, ${nFft / 2});
  power[0] = spectrum[0] * spectrum[0];
  power[${nFft / 2}] = spectrum[1] * spectrum[1];
  for (int b = 0; b < ${bands.length}; b++) {
    arm_dot_prod_f32(power + firsts[b], row, counts[b], &levels[b]);
    if (levels[b] < 1e-10f) levels[b] = 1e-10f;
    row += counts[b];
  }
  arm_vlog_f32(levels, levels, ${bands.length});
  arm_scale_f32(levels, ${Math.LOG10E}f, levels, ${bands.length});
}
`;
}

const logMel: Peer = {
  name: 'cmsis-dsp',
  format: 'f32',
  kind: 'front end',
  runsOn,
  make: ({ n, front }) => {
    if (!front || !isLogMel(front)) throw new UnsupportedError('other front ends than exact log-mels');
    return {
      label: 'CMSIS-DSP',
      format: 'f32',
      job: jobFor(
        {
          ...realRooms('f32'),
          BasicMathFunctions: ['arm_mult_f32', 'arm_dot_prod_f32', 'arm_scale_f32'],
          ComplexMathFunctions: ['arm_cmplx_mag_squared_f32'],
          FastMathFunctions: ['arm_vlog_f32'],
          SupportFunctions: ['arm_fill_f32'],
        },
        { 'log_mel.c': logMelSource(front.head) },
      ),
      call: {
        declarations:
          '#include "arm_math.h"\nstatic arm_rfft_fast_instance_f32 plan;\n' +
          'void log_mel(arm_rfft_fast_instance_f32 *, float32_t *, float32_t *, float32_t *);',
        arrays: [
          { name: 'input', format: 'f32', length: n },
          { name: 'spectrum', format: 'f32', length: n },
          { name: 'levels', format: 'f32', length: 40 },
        ],
        input: 'input',
        setup: `if (arm_rfft_fast_init_${n}_f32(&plan) != 0) board_exit(4);`,
        call: 'log_mel(&plan, input, spectrum, levels);',
        outputs: ['levels'],
      },
      result: (output) => output('levels'),
    };
  },
};

export const cmsis: readonly Peer[] = [
  ...(['f32', 'q15', 'q31'] as const).flatMap((format) => [realTransform(format), complexTransform(format)]),
  logMel,
];

/** Instructions of CMSIS-DSP (July 2026) on a Cortex-M4F as measured on 28 November 2026, for where its source is not at hand. */
export const quoted = {
  date: 'July 2026',
  real: {
    f32: { 256: 11610, 512: 24858, 1024: 46416, 2048: 111768 },
    q15: { 512: 18446 },
    q31: { 512: 37233 },
  },
  logMel: 37063,
} as const;
