/**
 * npm run sizes: plans of the largest and the most awkward sizes, up to 2^22, and how wrong their impulses are. Minutes.
 * Sizes may be given: npm run sizes -- 1000003 2097169:real:f32
 */
import { dct } from '../src/plans/dct.ts';
import { periodogram } from '../src/plans/periodogram.ts';
import { impulseError } from '../test/sizes.ts';

const awkward = [
  '46349',
  '46500',
  '51187',
  '524288:real',
  '524309',
  '1000003',
  '1000003:real',
  '1030703:real',
  '1048573::f32',
  '1500007',
  '1594323',
  '2097150',
  '2097152:real',
  '2097153',
  '2097169',
  '2500009',
  '4194287',
  '4194301',
  '4194304:real:f32',
  '4194304',
  '4194303:real',
];

const given = process.argv.slice(2);
let broken = 0;
const row = (name: string, seconds: number, error: number, limit: number): void => {
  if (!(error <= limit)) broken++;
  console.log(
    `${name.padEnd(24)} ${seconds.toFixed(1).padStart(6)} s  ${error.toExponential(1)}${error <= limit ? '' : `  above ${limit.toExponential(1)}`}`,
  );
};
for (const text of given.length > 0 ? given : awkward) {
  const [size, input = 'complex', dtype = 'f64'] = text.split(':');
  const n = Number(size);
  const start = performance.now();
  const { worst, energy } = impulseError(
    { n, input: input === 'real' ? 'real' : 'complex', dtype: dtype === 'f32' ? 'f32' : 'f64' },
    Math.floor(n / 3),
  );
  // Bins of an impulse are products of a few rounded twiddles.
  const limit = 2 * (dtype === 'f32' ? 2 ** -23 : 2 ** -52) * Math.log2(n);
  row(text, (performance.now() - start) / 1000, Math.max(worst, energy), limit);
}
if (given.length === 0) {
  let start = performance.now();
  const x = new Float64Array(524288);
  x[1] = 1;
  const error = Math.abs(dct(x)[1] - 2 * Math.cos((3 * Math.PI) / (2 * x.length)));
  row('dct of 524288', (performance.now() - start) / 1000, error, 1e-15);
  start = performance.now();
  const { power } = periodogram(new Float64Array(1 << 22));
  row(
    'periodogram of 4194304',
    (performance.now() - start) / 1000,
    Math.abs(power.length - (2 ** 21 + 1)),
    0,
  );
}
if (broken > 0) process.exitCode = 1;
