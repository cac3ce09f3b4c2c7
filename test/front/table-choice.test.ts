/** Tables of fewer bits on recordings whose bands are mostly empty: which rounding does harm there, and what is then advised. */
import { inferenceGraph } from '../../src/front/graphs.ts';
import { describe, expect, it } from 'vitest';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { tableBytesOf } from '../../src/compiler/kernel.ts';
import { decodeTable } from '../../src/ir/stored.ts';
import { namedFeature } from '../../src/front/feature-names.ts';
import { quantize, tableFormats } from '../../src/front/quantize.ts';
import { exactFrontEnd } from '../../src/front/front-end.ts';
import { smallestTables, tableChoices, type TableChoice } from '../../src/front/table-choice.ts';
import { narrowBandRecordings } from '../narrow-band.ts';

const recordings = narrowBandRecordings({ seed: 1, count: 6, seconds: 1 });
const features = ['log-mel-40', 'third-octaves'] as const;

describe.each(features)('tables of the exact kernel of %s on narrow-band recordings', (name) => {
  const { head } = namedFeature(name, 512);
  const model = exactFrontEnd(head);
  // Averages are over a second: longer recordings.
  const sound =
    head.average === 'none' ? recordings : narrowBandRecordings({ seed: 1, count: 4, seconds: 2.2 });
  const choices = tableChoices(model, sound);
  const of = (format: TableChoice['name']): TableChoice =>
    choices.find((c) => c.name === format) as TableChoice;

  it('f16 drowns empty bands; hi-lo in as many bytes does far less, q24 is as good as float32', () => {
    expect(of('f16').error.mean).toBeGreaterThan(0.01);
    expect(of('hi-lo').tableBytes).toBe(of('f16').tableBytes);
    // 16 bits below a common peak against 11 bits of each number: a twentieth of the noise.
    expect(of('hi-lo').error.mean).toBeLessThan(of('f16').error.mean / 8);
    expect(of('q24').tableBytes).toBeLessThan(0.8 * of('f32').tableBytes);
    // What f16 does to a filterbank: 2^-11 of a band's energy at most, 2.1e-4 in log10.
    expect(of('q24').error.mean).toBeLessThan(of('f32').error.mean + 2.2e-4);
  });

  it('the advice is the smallest that the recordings allow', () => {
    const half = (of('hi-lo').error.mean - of('f32').error.mean) / 2;
    expect(smallestTables(choices, half).name).toBe('q24');
    expect(smallestTables(choices, 2.1 * half).name).toBe('hi-lo');
    expect(smallestTables(choices, Infinity).name).toBe('q8');
    expect(smallestTables(choices, 1e-9).name).toBe('f32');
    expect(smallestTables(choices, -1).name).toBe('f32');
  });
});

it('q24 holds three bytes of every number but those of filterbanks, which are f16', () => {
  const { head } = namedFeature('log-mel-8', 64);
  const program = compileGraph(inferenceGraph(exactFrontEnd(head)), { dtype: 'f32' });
  const small = quantize(program, tableFormats.q24);
  const banks = new Set(
    program.kernels.filter((k) => k.label === 'filterbank').flatMap((k) => k.loads.map((l) => l.buffer)),
  );
  for (const [id, table] of small.stored) {
    expect([table.format, table.limbs]).toEqual(banks.has(id) ? ['f16', 1] : ['q8', 3]);
    const exact = program.constants.get(id) as Float64Array;
    const peak = exact.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    // Half a step of the third byte; peaks are shared by a stage, whose numbers are below 1.
    const bound = banks.has(id) ? 2 ** -11 * peak : 0.5 / 127 / 254 / 254;
    decodeTable(table).forEach((x, i) => expect(Math.abs(x - exact[i])).toBeLessThanOrEqual(1.01 * bound));
  }
  expect(tableBytesOf(small).working).toBe(tableBytesOf(program).working);
});
