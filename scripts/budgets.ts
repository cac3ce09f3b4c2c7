/**
 * npx tsx scripts/budgets.ts: are budgets kept on recordings not seen? For each seed 16 synthetic recordings whose bands are mostly
 * empty are split, searched within budgets, and the chosen front end is measured on the test part; what tables of fewer bits would
 * do to the exact one stands below. Options: --seeds 1,2,3 --budgets 0.06,0.02 --seconds 2 --feature log-mel-40 --n-fft 512.
 */
import { parseArgs } from 'node:util';
import {
  compileFrontEnd,
  estimateError,
  exactFrontEnd,
  featureError,
  namedFeature,
  partErrors,
  splitRecordings,
  StructureSearch,
  tableChoices,
  upperError,
} from '../src/front.ts';
import { wasmBackend } from '../src/compiler.ts';
import type { Candidate } from '../src/prune/search.ts';
import { narrowBandRecordings } from '../test/narrow-band.ts';

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3,4,5,6' },
    budgets: { type: 'string', default: '0.06,0.02' },
    seconds: { type: 'string', default: '2' },
    feature: { type: 'string', default: 'log-mel-40' },
    'n-fft': { type: 'string', default: '512' },
  },
});
const numbers = (text: string): number[] => text.split(',').map(Number);
const { head } = namedFeature(flags.feature, Number(flags['n-fft']));
const exact = compileFrontEnd(exactFrontEnd(head), wasmBackend, 'f64');
let [missed, total] = [0, 0];

for (const seed of numbers(flags.seeds)) {
  const recordings = narrowBandRecordings({ seed, count: 16, seconds: Number(flags.seconds) });
  const split = splitRecordings(recordings, seed, head);
  const targets = split.test.map((r) => exact.features(r.samples));
  // Screened once for all budgets.
  const screened: Candidate[] = [];
  for (const budget of numbers(flags.budgets)) {
    const search = new StructureSearch({ head, budget, seed }, split, screened).run();
    let next = await search.next();
    while (!next.done) next = await search.next();
    const { model, chosen } = next.value;
    const { estimate, validationError } = chosen;
    const front = compileFrontEnd(model, wasmBackend);
    const features = split.test.map((r) => front.features(r.samples));
    const test = featureError(split.test, features, targets, head).mean;
    total++;
    if (test > budget) missed++;
    console.log(
      `seed ${seed}, budget ${budget}: test ${test.toFixed(4)}${test > budget ? ' MISSED' : ''}, expected ${estimate.mean.toFixed(4)} ± ${estimate.margin.toFixed(4)}, validation ${validationError.toFixed(4)}, ${chosen.operations.toFixed(0)} operations, ${chosen.name}`,
    );
  }
  const choices = tableChoices(exactFrontEnd(head), [...split.train, ...split.validation]);
  const onTest = tableChoices(exactFrontEnd(head), split.test);
  const text = choices.map(({ name, tableBytes, error }, i) => {
    const upper = upperError(estimateError(partErrors(error), split.validation.length));
    return `${name} ${tableBytes} bytes, at most ${upper.toPrecision(2)}, test ${onTest[i].error.mean.toPrecision(2)}`;
  });
  console.log(`seed ${seed}, exact kernel: ${text.join('; ')}`);
}
console.log(`${missed} of ${total} budgets missed on the test recordings`);
