/** Features by name, as heads that a recording can be measured by. */
import { featureHead, presetNames, resample, type HeadConfig } from 'papilio';
import { headWindow, namedFeature } from 'papilio/front';

/** Features that are no presets. */
const further = ['log-mel-80', 'mfcc-13', 'spectrum'] as const;
export const heardFeatures: readonly string[] = [...presetNames, ...further];

/** The rate of presets that have none, in Hz. */
const usualRate = 16000;

/** The head of a feature. */
export function headOf(feature: string): HeadConfig {
  if ((further as readonly string[]).includes(feature)) return namedFeature(feature, 512, usualRate).head;
  const head = featureHead(feature as (typeof presetNames)[number]);
  return head.sampleRate === 1 ? { ...head, sampleRate: usualRate } : head;
}

/** What of a head is known while sound still comes: nothing that waits for the end of the clip. */
export function liveHead(head: HeadConfig): HeadConfig {
  const { log, affine } = head;
  const waits = log !== null && (log.range !== null || log.reference === 'max');
  return {
    ...head,
    fit: null,
    normalize: null,
    deltas: null,
    average: 'none',
    affine: head.normalize ? null : affine,
    log: waits ? { ...log, range: null, reference: 1 } : log,
  };
}

/** Powers of all bins in dB, of the same frames. */
export function spectrumHead(head: HeadConfig): HeadConfig {
  const { also: _, pcen: _1, ...live } = liveHead(head);
  return {
    ...live,
    signalPreEmphasis: 0,
    preEmphasis: 0,
    detrend: 'none',
    spectrum: 'power',
    scaling: 'none',
    magnitudeOffset: 0,
    sides: 'one',
    bank: null,
    cepstrum: null,
    affine: null,
    log: { kind: 'db', floor: 1e-10, offset: 0, range: null, reference: 1 },
  };
}

/** Level of a full-scale tone in its bin, in dB. */
export function fullScale(head: HeadConfig): number {
  const sum = headWindow(head).reduce((a, b) => a + b, 0);
  return 20 * Math.log10((Math.abs(head.gain) * sum) / 2 || 1);
}

/** Samples at another rate. */
export const atRate = (samples: Float64Array, from: number, to: number): Float64Array =>
  from === to ? samples : resample(samples, { from: Math.round(from), to: Math.round(to) });
