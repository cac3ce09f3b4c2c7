/** What papilio learn says of its figures, in sentences. */
import { expect, it } from 'vitest';
import type { Row } from '../../src/cli/front-times.ts';
import { timesText, tablesText } from '../../src/cli/summary.ts';
import type { TableChoice } from '../../src/front.ts';

const row = (name: string, nsPerFrame: number): Row => ({
  name,
  mul: null,
  add: null,
  transformOperations: null,
  nsTransform: nsPerFrame,
  nsTransformSpread: 1,
  nsPerFrame,
  nsPerFrameSpread: 5,
  error: { mean: 0, p95: 0, perBand: [], recordings: [] },
});

it('compares times in one direction', () => {
  const learned = row('learned', 850);
  expect(timesText(learned, row('exact', 1000))).toBe('faster than exact (0.85 times its time)');
  expect(timesText(learned, row('fft.js', 31700))).toBe('faster than fft.js (0.027 times its time)');
  expect(timesText(learned, row('smaller', 425))).toBe('slower than smaller (2 times its time)');
  const wide = { ...row('wide', 1735), nsPerFrameSpread: 1000 };
  expect(timesText(learned, wide)).toBe('too noisy to tell beside wide (0.49 times its time)');
  expect(timesText(learned, row('same', 855))).toMatch(/^as fast as same, .* \(0\.99 times its time\)$/);
});

it('names the model file where it is', () => {
  const error = { mean: 0, p95: 0, perBand: [], recordings: [] };
  const choices: TableChoice[] = [
    { name: 'f32', tableBytes: 400, error },
    { name: 'f16', tableBytes: 200, error },
  ];
  const told = { estimate: { mean: 0.01, margin: 0.01, recordings: 5 }, budget: 0.05 };
  expect(tablesText(told, choices, 'my out/model.safetensors')).toMatch(
    /: papilio compile 'my out\/model\.safetensors' --tables f16$/,
  );
});
