/**
 * npx tsx scripts/table-noise.ts: which rounded tables do harm where bands are empty. The exact kernel on synthetic narrow-band
 * recordings with only its window, its twiddles or its filterbank rounded: mean |difference| of log10 from the exact features.
 * Options: --feature log-mel-40 --n-fft 512 --seed 1 --seconds 2.2.
 */
import { headWidth } from '../src/spectral/banks.ts';
import { parseArgs } from 'node:util';
import { compileFrontEnd, exactFrontEnd, featureError, namedFeature } from '../src/front.ts';
import {
  decodeTable,
  encodeTables,
  viewOf,
  wasmBackend,
  type LimbFormat,
  type Program,
} from '../src/compiler.ts';
import { framingOf, resultCount } from '../src/front/spectral-head.ts';
import { resultsOfRun } from '../src/front/front-end.ts';
import { narrowBandRecordings } from '../test/narrow-band.ts';

const { values: flags } = parseArgs({
  options: {
    feature: { type: 'string', default: 'log-mel-40' },
    'n-fft': { type: 'string', default: '512' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '2.2' },
  },
});
const { head } = namedFeature(flags.feature, Number(flags['n-fft']));
const model = exactFrontEnd(head);
const recordings = narrowBandRecordings({
  seed: Number(flags.seed),
  count: 8,
  seconds: Number(flags.seconds),
});
const exact = compileFrontEnd(model, wasmBackend, 'f64');
const targets = recordings.map((r) => exact.features(r.samples));
const { program } = compileFrontEnd(model, wasmBackend);

const readers = new Map<number, string>();
for (const { label, loads } of program.kernels)
  for (const { buffer } of loads)
    if (program.constants.has(buffer) && !readers.has(buffer)) readers.set(buffer, label);
const lengthOf = (id: number): number => program.constants.get(id)?.length ?? 0;
const kindOf = (id: number): 'window' | 'twiddles' | 'filterbank' => {
  if (readers.get(id) === 'filterbank') return 'filterbank';
  return lengthOf(id) === head.nFft ? 'window' : 'twiddles';
};

/** Mean error of a program on all recordings. */
function errorOf(rounded: Program): number {
  const e = wasmBackend.instantiate(rounded);
  const [source, result] = [viewOf(e, 'samples'), viewOf(e, 'features')];
  const [width, perRun, hop] = [headWidth(head), resultsOfRun(model), framingOf(head).hop];
  const features = recordings.map(({ samples }) => {
    const count = resultCount(head, samples.length);
    const out = new Float64Array(count * width);
    for (let first = 0; first < count; first += perRun) {
      source.fill(0);
      source.set(samples.subarray(first * hop, first * hop + (perRun - 1) * hop + framingOf(head).nFft));
      e.run();
      out.set(result.subarray(0, Math.min(perRun, count - first) * width), first * width);
    }
    return out;
  });
  e.dispose();
  return featureError(recordings, features, targets, head).mean;
}

const formats: readonly (readonly [name: string, format: LimbFormat, limbs: number])[] = [
  ['f16', 'f16', 1],
  ['q8', 'q8', 1],
  ['2 x q8', 'q8', 2],
  ['3 x q8', 'q8', 3],
];
console.log(`float32: ${errorOf(program).toExponential(1)}`);
console.log(`| rounded | numbers | ${formats.map(([name]) => name).join(' | ')} |`);
for (const kind of ['all', 'window', 'twiddles', 'filterbank'] as const) {
  const ids = [...readers.keys()].filter((id) => kind === 'all' || kindOf(id) === kind);
  const errors = formats.map(([, format, limbs]) => {
    const constants = new Map(program.constants);
    for (const id of ids) {
      const data = program.constants.get(id) as Float64Array;
      constants.set(id, decodeTable(encodeTables([data], format, limbs)[0]));
    }
    return errorOf({ ...program, constants }).toExponential(1);
  });
  const numbers = ids.reduce((sum, id) => sum + lengthOf(id), 0);
  console.log(`| ${kind} | ${numbers} | ${errors.join(' | ')} |`);
}
