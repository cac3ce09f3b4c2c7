/** A training loop of one's own: a network of free 2 x 2 blocks learns the DFT of 16 points with Adam. `npx tsx examples/training-loop.ts` */
import { fft } from 'papilio';
import { compileGraph, viewOf, wasmBackend } from 'papilio/compiler';
import { fillGaussian, gradient, initialize, input, parameter, parameterShapes, rows } from 'papilio/learn';
import { spectrum, spectrumLoss, type NetworkSpec } from 'papilio/learn';

const [n, batch, steps] = [16, 32, 1000];
const network: NetworkSpec = {
  n,
  input: 'complex',
  direction: 'forward',
  norm: 'backward',
  decimation: 'time',
  permutation: 'digit-reversal',
  stages: [2, 2, 2, 2].map((radix) => ({ radix, parametrization: 'free' })),
  split: 'exact',
};

// The loss is a graph, [n, batch] complex signals and their spectra in, and so is its gradient.
const shapes = Object.entries(parameterShapes(network));
const parameters = Object.fromEntries(shapes.map(([name, shape]) => [name, parameter(name, shape)]));
const [re, im, wantedRe, wantedIm] = ['re', 'im', 'wantedRe', 'wantedIm'].map((x) => input(x, [n, batch]));
const output = spectrum(
  network,
  { re: rows(re, batch), im: rows(im, batch) },
  { lanes: batch, provide: (name) => parameters[name] },
);
const loss = spectrumLoss(output, { re: wantedRe, im: wantedIm }, n, batch, 2 * n);
const slopes = gradient(loss, Object.values(parameters));
const outputs = { loss, ...Object.fromEntries(shapes.map(([name], i) => [`d ${name}`, slopes[i]])) };
const step = wasmBackend.instantiate(compileGraph({ outputs }, { dtype: 'f64' }));

// Views of the program's own memory: parameters from a random start, their gradients, and Adam's moments.
const start = initialize(network, 'random', 1);
const trained = shapes.map(([name]) => {
  const value = viewOf(step, name);
  value.set(start[name]);
  return { value, slope: viewOf(step, `d ${name}`), mean: value.map(() => 0), square: value.map(() => 0) };
});
const view = (name: string): Float64Array => viewOf(step, name) as Float64Array;

/** Signal b is column b of [n, batch]; its spectrum is that of `fft`. */
function feed(stream: number): void {
  fillGaussian(view('re'), 1, 2 * stream);
  fillGaussian(view('im'), 1, 2 * stream + 1);
  for (let b = 0; b < batch; b++) {
    const column = (x: Float64Array): Float64Array => x.filter((_, i) => i % batch === b);
    const wanted = fft({ re: column(view('re')), im: column(view('im')) });
    for (let k = 0; k < n; k++) {
      view('wantedRe')[k * batch + b] = wanted.re[k];
      view('wantedIm')[k * batch + b] = wanted.im[k];
    }
  }
}

/** Relative L2 error of the network before every step, each on a batch never seen before. */
export const errors: number[] = [];
for (let t = 1; t <= steps; t++) {
  feed(t);
  step.run();
  errors.push(Math.sqrt(view('loss')[0]));
  const rate = 0.02 * Math.cos(((Math.PI / 2) * t) / steps) ** 2;
  for (const { value, slope, mean, square } of trained)
    for (let i = 0; i < value.length; i++) {
      mean[i] += 0.1 * (slope[i] - mean[i]);
      square[i] += 0.001 * (slope[i] ** 2 - square[i]);
      value[i] -= (rate * mean[i]) / (1 - 0.9 ** t) / (Math.sqrt(square[i] / (1 - 0.999 ** t)) + 1e-30);
    }
  if (t % 250 === 0) console.log(`step ${t}: relative L2 error ${errors[t - 1].toExponential(1)}`);
}
