/** Every setting of a head is a stage that is named where it differs: "It is whisper" is said of nothing else. */
import { describe, expect, it } from 'vitest';
import { stageDifferences } from '../../../src/front/parity/difference.ts';
import type { HeadConfig, LogRule, MelBank } from '../../../src/spectral/head.ts';
import { featureHead } from '../../../src/spectral/presets.ts';

const bank: MelBank = { kind: 'mel', bands: 40, fMin: 0, fMax: null, scale: 'htk', norm: 'none' };
const log: LogRule = { kind: 'db', floor: 1e-10, offset: 0, range: 80, reference: 1 };
const base: HeadConfig = { ...featureHead('librosa'), windowLength: 1500, spectrum: 'magnitude', bank, log };

/** Another value of each setting. */
const settings: Required<HeadConfig> = {
  sampleRate: 8000,
  nFft: 4096,
  windowLength: 1000,
  hop: 100,
  window: ['kaiser', 5],
  windowKind: 'symmetric',
  placement: 'start',
  framing: 'inside',
  padding: 'edge',
  dropLast: true,
  fit: 32000,
  gain: 32768,
  signalPreEmphasis: 0.97,
  windowNorm: 'sum',
  detrend: 'linear',
  preEmphasis: 0.97,
  spectrum: 'power',
  scaling: 'length',
  magnitudeOffset: 1e-9,
  sides: 'two',
  average: 'mean',
  bank: { kind: 'bands', edges: [[0, 300]] },
  log: null,
  cepstrum: { count: 13, norm: 'ortho', lifter: null },
  pcen: { smoothing: 0.1, gain: 0.9, bias: 2, power: 0.5, epsilon: 1e-6, initial: 'first' },
  deltas: { kind: 'librosa', order: 1, width: 9 },
  normalize: { mean: true, deviation: false, ddof: 0, offset: 0, varianceOffset: 0, over: 'clip' },
  affine: { multiply: 2, add: 1 },
  also: [{ bank: null, cepstrum: null, weight: 1 }],
};
const banks: Omit<Required<MelBank>, 'kind'> = {
  bands: 80,
  fMin: 20,
  fMax: 7600,
  scale: 'slaney',
  norm: 'slaney',
  binSpacing: 'half-rate',
  axis: 'mel',
  energy: 'bins',
};
const logs: Required<LogRule> = {
  kind: 'ln',
  floor: 1e-5,
  offset: 1e-6,
  range: null,
  reference: 'max',
  over: 'frame',
};

const changed = <T extends object>(values: T, own: (change: object) => Partial<HeadConfig>) =>
  Object.entries(values).map(
    ([key, value]) => [key, { ...base, ...own({ [key]: value as unknown }) }] as const,
  );

describe('stages that differ', () => {
  it.each([
    ...changed(settings, (change) => change),
    ...changed(banks, (change) => ({ bank: { ...bank, ...change } })),
    ...changed(logs, (change) => ({ log: { ...log, ...change } })),
  ])('%s', (_, head) => {
    expect(stageDifferences(base, base)).toEqual([]);
    expect(stageDifferences(head, base)).not.toEqual([]);
  });

  it('bands by their edges, descriptors by their names', () => {
    const edges = (high: number): HeadConfig => ({ ...base, bank: { kind: 'bands', edges: [[0, high]] } });
    expect(stageDifferences(edges(300), edges(400))).toEqual([
      { stage: 'bands', yours: '0 to 300 Hz', theirs: '0 to 400 Hz' },
    ]);
  });
});
