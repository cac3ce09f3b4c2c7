/**
 * npm run closed-form: the closed forms measured. Errors are relative L2 over the whole matrix (sizes up to 1024) against the
 * definitions in float64, or on unseen Gaussian signals. Options: --large for N = 4096 and 65536 only, --json FILE.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  applyClosedForm,
  closedForm,
  closedFormConvolution,
  factorizeMatrix,
  factorizeOperator,
  matrixOf,
  solveSharedTwiddles,
  type ChainTargetName,
  type Matrix,
  type NetworkSpec,
  uniformNetwork,
} from '../src/learn.ts';
import { planFftSync, type ComplexArray } from '../src/index.ts';
import { complexArray, relativeL2 } from '../src/numeric/complex.ts';
import { twiddle } from '../src/numeric/twiddle.ts';
import { chainTarget, targetMatrix } from '../src/numeric/chain-targets.ts';
import { applyChain } from '../src/fit/chain.ts';
import { gaussianSignals } from '../src/fit/pairs.ts';

const { values: flags } = parseArgs({ options: { large: { type: 'boolean' }, json: { type: 'string' } } });
const rows: Record<string, unknown>[] = [];
const report = (row: Record<string, unknown>): void => {
  rows.push(row);
  console.log(
    Object.entries(row)
      .map(([key, v]) => `${key} ${typeof v === 'number' && !Number.isInteger(v) ? v.toPrecision(3) : v}`)
      .join(', '),
  );
};
const seconds = <T>(f: () => T): [T, number] => {
  const begun = performance.now();
  const result = f();
  return [result, (performance.now() - begun) / 1000];
};

const cas = (k: number, n: number): number => twiddle(k, n)[0] - twiddle(k, n)[1];
const definitions: {
  readonly [K in ChainTargetName]: (k: number, j: number, n: number) => readonly [number, number];
} = {
  dft: (k, j, n) => twiddle(j * k, n),
  idft: (k, j, n) => twiddle(-j * k, n),
  hadamard: (k, j) => [(k & j).toString(2).replaceAll('0', '').length % 2 === 0 ? 1 : -1, 0],
  hartley: (k, j, n) => [cas(j * k, n), 0],
  dct2: (k, j, n) => [twiddle(k * (2 * j + 1), 4 * n)[0], 0],
  dct3: (k, j, n) => [twiddle(j * (2 * k + 1), 4 * n)[0], 0],
  dct4: (k, j, n) => [twiddle((2 * k + 1) * (2 * j + 1), 8 * n)[0], 0],
  dst2: (k, j, n) => [-twiddle((k + 1) * (2 * j + 1), 4 * n)[1], 0],
};

const identity = (n: number): Matrix => matrixOf(n, (k, j) => [k === j ? 1 : 0, 0]);

const network = (radices: readonly number[], parametrization: 'free' | 'twiddle'): NetworkSpec =>
  uniformNetwork(radices, { parametrization });
const twos = (n: number): number[] => new Array<number>(Math.log2(n)).fill(2);

/** Spectra of all lanes of [n, lanes] by an exact float64 plan. */
function spectra(x: ComplexArray, n: number, lanes: number): ComplexArray {
  const plan = planFftSync({ n, dtype: 'f64' });
  const [im, outIm] = [plan.input.im as Float64Array, plan.output.im as Float64Array];
  const y = complexArray(n * lanes);
  for (let l = 0; l < lanes; l++) {
    for (let j = 0; j < n; j++) [plan.input.re[j], im[j]] = [x.re[j * lanes + l], x.im[j * lanes + l]];
    plan.run();
    for (let j = 0; j < n; j++) [y.re[j * lanes + l], y.im[j * lanes + l]] = [plan.output.re[j], outIm[j]];
  }
  plan.dispose();
  return y;
}

function smallSizes(): void {
  for (const target of Object.keys(definitions) as ChainTargetName[])
    for (const n of [8, 16, 32, 64, 128, 256, 512, 1024]) {
      const [form, time] = seconds(() => closedForm(target, n));
      const error = relativeL2(
        applyClosedForm(form, identity(n), n),
        matrixOf(n, (k, j) => definitions[target](k, j, n)),
      );
      report({ target, n, relativeL2: error, residual: form.residual, defect: form.defect, seconds: time });
    }
  for (const n of [8, 16, 32, 64, 128, 256, 512, 1024]) {
    const h = gaussianSignals(n, 1, 5, 0);
    const [form, time] = seconds(() => closedFormConvolution(h));
    const error = relativeL2(
      applyClosedForm(form, identity(n), n),
      matrixOf(n, (k, j) => [h.re[(k - j + n) % n], h.im[(k - j + n) % n]]),
    );
    report({
      target: 'convolution',
      n,
      relativeL2: error,
      residual: form.residual,
      defect: form.defect,
      seconds: time,
    });
  }
  for (const radices of [
    [5, 5, 4, 4],
    [3, 3, 7, 7],
    [2, 3, 4, 5, 4],
    [4, 3, 5, 4, 4],
  ]) {
    const n = radices.reduce((a, b) => a * b, 1);
    const [form, time] = seconds(() => closedForm('dft', n, radices));
    const error = relativeL2(
      applyClosedForm(form, identity(n), n),
      matrixOf(n, (k, j) => twiddle(j * k, n)),
    );
    report({ target: 'dft', n, radices: radices.join('x'), relativeL2: error, seconds: time });
  }
}

function largeMatrix(): void {
  const n = 4096;
  const matrix = targetMatrix(chainTarget('dft', n));
  const spec = network(twos(n), 'free');
  const x = gaussianSignals(n, 4, 9, 0);
  const y = spectra(x, n, 4);
  for (let run = 0; run < 3; run++) {
    const [found, time] = seconds(() => factorizeMatrix(spec, matrix));
    const error = relativeL2(applyChain(spec, found.values, x, 4), y);
    report({ target: 'dft', n, form: 'matrix', relativeL2: error, residual: found.residual, seconds: time });
  }
  for (const size of [4096, 65536]) {
    const own = network(twos(size), 'free');
    const plan = planFftSync({ n: size, dtype: 'f64' });
    const [inputIm, outputIm] = [plan.input.im as Float64Array, plan.output.im as Float64Array];
    const operator = (signal: ComplexArray): ComplexArray => {
      plan.input.re.set(signal.re);
      inputIm.set(signal.im);
      plan.run();
      return { re: Float64Array.from(plan.output.re), im: Float64Array.from(outputIm) };
    };
    const [found, time] = seconds(() => factorizeOperator(own, operator));
    plan.dispose();
    report({
      target: 'dft',
      n: size,
      form: 'operator',
      residual: found.residual,
      queries: found.queries,
      condition: found.condition,
      seconds: time,
    });
  }
}

function pairs(): void {
  const [n, lanes] = [65536, 4];
  const spec = network(twos(n), 'twiddle');
  const x = gaussianSignals(n, lanes, 3, 0);
  const y = spectra(x, n, lanes);
  const unseen = gaussianSignals(n, 1, 4, 0);
  const expected = spectra(unseen, n, 1);
  // The chain of free blocks [[1, w], [1, -w]] that the twiddles stand for.
  const outputs = (twiddles: Record<string, Float64Array>): ComplexArray => {
    const blocks = Object.fromEntries(
      Object.entries(twiddles).map(([name, w]) => {
        const block = new Float64Array(4 * w.length);
        for (let b = 0; b < w.length / 2; b++)
          block.set([1, 0, w[2 * b], w[2 * b + 1], 1, 0, -w[2 * b], -w[2 * b + 1]], 8 * b);
        return [name.replace('twiddle', 'block'), block];
      }),
    );
    return applyChain(network(twos(n), 'free'), blocks, unseen, 1);
  };
  for (let run = 0; run < 3; run++) {
    const [found, time] = seconds(() => solveSharedTwiddles(spec, x, y, lanes));
    const error = relativeL2(outputs(found.values), expected);
    report({
      target: 'dft',
      n,
      pairs: lanes,
      relativeL2: error,
      residual: found.residual,
      condition: found.condition,
      seconds: time,
    });
  }
  const noise = gaussianSignals(n, lanes, 8, 0);
  const size = 1e-3 * Math.sqrt(n);
  const noisy = {
    re: y.re.map((v, i) => v + size * noise.re[i]),
    im: y.im.map((v, i) => v + size * noise.im[i]),
  };
  for (const sweeps of [0, 1, 3, 10]) {
    const [found, time] = seconds(() => solveSharedTwiddles(spec, x, noisy, lanes, { sweeps }));
    const error = relativeL2(outputs(found.values), expected);
    report({
      target: 'dft',
      n,
      pairs: lanes,
      noise: relativeL2(noisy, y),
      sweeps,
      relativeL2: error,
      denoisingGain: relativeL2(noisy, y) / error,
      seconds: time,
    });
  }
}

if (!flags.large) smallSizes();
largeMatrix();
pairs();
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(rows, null, 2)}\n`);
