/**
 * npm run parity-study [-- --count 40 --seed 1 --from 0 --probe]: hidden front ends drawn over the settings that threads show to differ, and whether
 * `solveParity` finds them from eight clips of 3 s, or from the probe.
 */
import { parseArgs } from 'node:util';
import { featureHead, features, type HeadConfig } from '../src/index.ts';
import { probeSignal, solveParity } from '../src/front.ts';
import { addGaussian, randomUint32 } from '../src/numeric/random.ts';

const seconds = 3;

/** Speech-like clips: noise of two colours, a gliding tone and a rhythm, louder and quieter ones. */
export const clipsAt = (rate: number, seed: number, count = 8): Float64Array[] =>
  Array.from({ length: count }, (_, c) => {
    const x = new Float64Array(seconds * rate);
    addGaussian(x, 1, seed + c, 0);
    let [low, lower] = [0, 0];
    return x.map((v, i) => {
      low = 0.9 * low + 0.1 * v;
      lower = 0.97 * lower + 0.03 * v;
      const t = i / rate;
      const rhythm = 0.003 + Math.max(0, Math.sin(2 * Math.PI * (1.3 + 0.2 * c) * t)) ** 2;
      const tone = Math.sin(2 * Math.PI * (200 + 50 * c + 300 * t) * t);
      return 0.3 * 10 ** (-c / 8) * rhythm * (0.3 * v + low + 2 * lower * Math.sin(9 * t) + 0.3 * tone);
    });
  });

/** A hidden front end. */
export function hiddenHead(seed: number, draw: number): HeadConfig {
  let at = 0;
  const one = <T>(list: readonly T[]): T => list[randomUint32(seed, 1000 + draw, at++) % list.length];
  const family = one([
    'whisper',
    'nemo',
    'kaldi',
    'librosa',
    'hifigan',
    'tensorflow',
    'wespeaker',
    'mfcc',
    'ast',
    'plain',
  ] as const);
  const scaleOf = one([
    { scale: 'slaney', norm: 'slaney' },
    { scale: 'htk', norm: 'none' },
    { scale: 'htk', norm: 'slaney' },
    { scale: 'kaldi', norm: 'none' },
    { scale: 'slaney', norm: 'none' },
  ] as const);
  const windowKind = one(['periodic', 'symmetric'] as const);
  const bands = one([40, 64, 80, 80, 128]);
  const fMin = one([0, 0, 20, 50, 80]);
  const padding = one(['reflect', 'constant', 'edge'] as const);
  const bank = { bands, fMin, ...scaleOf };
  const window = one(['hann', 'hann', 'hamming', 'blackman'] as const);
  const placement = one(['centered', 'start'] as const);
  switch (family) {
    case 'whisper':
      return featureHead('whisper', {
        bank,
        windowKind,
        padding,
        fit: one([null, 480000]),
        dropLast: one([true, false]),
      });
    case 'nemo':
      return featureHead('nemo', {
        windowKind,
        padding,
        placement,
        bank: { bands },
        signalPreEmphasis: one([0, 0.97]),
        log: { offset: one([2 ** -24, 1e-5, 1e-6]) },
        normalize: { ddof: one([0, 1]) },
      });
    case 'kaldi':
      return featureHead('kaldi', {
        window: one(['povey', 'hamming', 'hann']),
        gain: one([1, 32768]),
        framing: one(['inside', 'midpoints']),
        preEmphasis: one([0, 0.97]),
        detrend: one(['none', 'constant']),
        bank: { bands: one([23, 40, 80]), fMin: one([0, 20]), fMax: one([null, 7600]) },
      });
    case 'librosa':
      return featureHead('librosa', {
        windowKind,
        padding,
        nFft: one([1024, 2048]),
        bank: { ...bank, fMax: one([null, 8000]) },
        log: { range: one([null, 80]) },
      });
    case 'hifigan':
      return featureHead('hifigan', {
        windowKind,
        bank: { ...scaleOf, fMax: one([null, 8000]) },
        log: { kind: one(['ln', 'log10']), floor: one([1e-5, 1e-7]), offset: 0 },
        magnitudeOffset: one([0, 1e-9]),
      });
    case 'tensorflow':
      return featureHead('tensorflow', {
        windowKind,
        bank: { bands, fMin: one([80, 125]), fMax: one([7500, 7600]) },
        log: { offset: one([1e-6, 0.001, 0.01]) },
      });
    case 'wespeaker':
      return featureHead('wespeaker', {
        bank: { bands: one([72, 80]), fMin: 20 },
        window: one(['hamming', 'povey']),
      });
    case 'ast':
      return featureHead('ast', {
        bank: { bands: one([64, 128]) },
        windowKind,
        affine: one([null, { multiply: 0.1, add: 2 }]),
      });
    case 'mfcc':
      return featureHead('papilio', {
        bank: { ...bank, bands: one([23, 26, 40]) },
        windowKind,
        window,
        cepstrum: {
          count: one([13, 20]),
          norm: one(['ortho', 'htk']),
          lifter: one([null, { kind: 'kaldi', length: 22 }]),
        },
        log: { kind: one(['ln', 'db']), floor: 1e-10 },
      });
    default:
      return featureHead('papilio', {
        bank,
        window,
        windowKind,
        placement,
        padding,
        hop: one([128, 160, 200, 256]),
        windowLength: one([320, 400, 512]),
        framing: one(['inside', 'centered']),
        spectrum: one(['power', 'magnitude']),
        log: one([null, { kind: 'ln', floor: 0, offset: 1e-6 }, { kind: 'log10', floor: 1e-10, offset: 0 }]),
      });
  }
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    probe: { type: 'boolean', default: false },
  },
});

let found = 0;
const [count, seed, from] = [values.count, values.seed, values.from].map(Number);
for (let draw = from; draw < count; draw++) {
  const hidden = hiddenHead(seed, draw);
  const { sampleRate: rate } = hidden;
  const clips = values.probe ? [probeSignal(rate)] : clipsAt(rate, 7 + 10 * draw);
  const extractor = features(hidden, { dtype: 'f64' });
  const tensors = clips.map((clip) => {
    const { data, frames, width } = extractor.run(clip);
    return { shape: [frames, width], data: Float32Array.from(data) };
  });
  const begun = performance.now();
  const cpu = process.cpuUsage().user;
  const { difference, verdict, head } = solveParity(clips, tensors, { rate, seconds: 600 });
  const took = (performance.now() - begun) / 1000;
  const used = (process.cpuUsage().user - cpu) / 1e6;
  if (verdict === 'exact') found++;
  console.log(
    `${draw}: ${verdict}, ${difference.toExponential(1)}, ${took.toFixed(1)} s (${used.toFixed(1)} s of processor)`,
  );
  if (verdict !== 'exact')
    console.log(`  hidden ${JSON.stringify(hidden)}\n  found  ${JSON.stringify(head)}`);
}
console.log(`${found} of ${count - from} found`);
