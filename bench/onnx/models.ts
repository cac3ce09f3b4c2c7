/**
 * The same log-mel front end as others print it: with the STFT operator, and with a dense Conv (as istupakov/onnx-asr does). Inputs and
 * outputs are those of papilio's: lengths of signals and frames, zeros behind the frames of a signal.
 */
import { GraphBuilder, type Value } from '../../src/backends/onnx/builder.ts';
import type { OnnxOperator } from '../../src/backends/onnx/operators.ts';
import { bandsOf } from '../../src/spectral/banks.ts';
import { headWindow, oneSidedBins, type HeadConfig } from '../../src/spectral/head.ts';

/** An operator that papilio does not print. */
const foreign = (op: string): OnnxOperator => op as OnnxOperator;

/** Features [batch, bands, frames] of power spectra [batch, frames, bins], log10 of energies above 1e-10. */
function behind(g: GraphBuilder, head: HeadConfig, power: Value): Value {
  const { bands, weights } = bandsOf(head, head.nFft);
  const count = bands.start.length;
  const matrix = new Float64Array(oneSidedBins(head.nFft) * count);
  bands.start.forEach((start, m) => {
    for (let j = 0; j < bands.width; j++) matrix[(start + j) * count + m] = weights[m * bands.width + j];
  });
  const energies = g.node('MatMul', [power, g.reals([oneSidedBins(head.nFft), count], matrix)]);
  const logs = g.node('Log', [g.node('Max', [energies, g.scalar(1e-10)])]);
  return g.transpose(g.node('Mul', [logs, g.scalar(Math.LOG10E)]), [0, 2, 1]);
}

function modelOf(head: HeadConfig, spectrum: (g: GraphBuilder, x: Value) => Value): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('waveforms', 'float', ['batch', 'N']);
  const samples = g.input('waveforms_lens', 'int64', ['batch']);
  const features = behind(g, head, spectrum(g, x));
  const lens = g.node('Div', [g.node('Sub', [samples, g.ints([head.nFft - head.hop])]), g.ints([head.hop])]);
  const frames = g.slice(g.node('Shape', [features]), { axis: 0, start: 2, end: 3 });
  const places = g.node('Range', [g.ints([0], []), g.reshape(frames, []), g.ints([1], [])]);
  const isFrame = g.node('Less', [places, g.reshape(lens, [-1, 1, 1])]);
  g.output('features', g.node('Where', [isFrame, features, g.scalar(0)]), 'float', ['batch', 'M', 'T']);
  g.output('features_lens', lens, 'int64', ['batch']);
  return g.encode('reference', {});
}

/** By the STFT operator. */
export const stftModel = (head: HeadConfig): Uint8Array =>
  modelOf(head, (g, x) => {
    const inputs = [x, g.ints([head.hop], []), g.reals([head.nFft], headWindow(head))];
    const spectra = g.node(foreign('STFT'), inputs, { onesided: 1 });
    return g.node(foreign('ReduceSumSquare'), [spectra], { axes: [3], keepdims: 0 });
  });

/** By a Conv with kernels of nFft samples. */
export const convModel = (head: HeadConfig): Uint8Array =>
  modelOf(head, (g, x) => {
    const { nFft, hop } = head;
    const bins = oneSidedBins(nFft);
    const window = headWindow(head);
    const kernel = Float64Array.from({ length: 2 * bins * nFft }, (_, i) => {
      const [row, j] = [Math.floor(i / nFft), i % nFft];
      const angle = (2 * Math.PI * (((row % bins) * j) % nFft)) / nFft;
      return (row < bins ? Math.cos(angle) : -Math.sin(angle)) * window[j];
    });
    const inputs = [g.reshape(x, [0, 1, -1]), g.reals([2 * bins, 1, nFft], kernel)];
    const image = g.reshape(g.node(foreign('Conv'), inputs, { strides: [hop] }), [0, 2, bins, -1]);
    const power = g.node(foreign('ReduceSumSquare'), [image], { axes: [1], keepdims: 0 });
    return g.transpose(power, [0, 2, 1]);
  });
