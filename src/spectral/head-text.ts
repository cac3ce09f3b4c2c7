/** What a head does, in words: of reports, and of files of C. */
import { hasEnergy, type HeadConfig } from './head.ts';

/** The window in words. */
function windowText(head: HeadConfig): string {
  const { window, windowKind, windowLength, windowNorm = 'none', nFft, placement } = head;
  const name = typeof window !== 'string' && typeof window[0] === 'number' ? 'own window' : String(window);
  const length = windowLength ?? nFft;
  const place = placement === 'centered' ? 'centred in' : 'at the start of';
  const norm = windowNorm === 'none' ? '' : ` of ${windowNorm} 1`;
  return `${windowKind} ${name}${norm} of ${length} samples${length === nFft ? '' : `, ${place} n_fft ${nFft}`}`;
}

/** Where frames lie, and what stands beyond the signal, in words. */
function framingText({ framing, padding, nFft }: HeadConfig): string {
  const beyond = `${padding === 'constant' ? 'zero' : padding} padding`;
  if (typeof framing === 'object')
    return `${framing.before} samples of ${beyond} before and ${framing.after} behind the signal`;
  return {
    inside: 'frames inside the signal, no padding',
    centered: `${Math.floor(nFft / 2)} samples of ${beyond} at both ends`,
    midpoints: `frames centred in the middle of every hop, ${beyond}`,
    'padded-end': `a frame at every hop that begins inside the signal, ${beyond}`,
    'padded-last': `frames inside the signal, and one over what is left, ${beyond}`,
  }[framing];
}

function logText({ log }: HeadConfig): string {
  if (log === null) return 'no logarithm';
  const { kind, floor, offset, range, reference } = log;
  const above = reference === 1 ? '' : ` relative to ${reference === 'max' ? 'the largest' : reference}`;
  const low = range === null ? '' : `, at most ${range} below the largest`;
  const where = log.over === 'frame' ? ' of the frame' : '';
  return `${kind}(max(E, ${floor})${offset === 0 ? '' : ` + ${offset}`})${above}${low}${where}`;
}

function bankText({ bank }: HeadConfig): string {
  if (bank === null) return 'single bins';
  if (bank.kind !== 'mel') return bank.kind;
  const axis = bank.axis === undefined ? '' : ` straight over ${bank.axis}`;
  const energy = hasEnergy(bank) ? ', the energy of the frame in front' : '';
  return `${bank.bands} ${bank.scale} mels${axis}, ${bank.norm} norm${energy}`;
}

/** Steps behind the levels of a frame, in words. */
function clipText({ cepstrum, also, deltas, normalize }: HeadConfig): string[] {
  const parts = normalize ? [normalize.mean ? 'mean' : '', normalize.deviation ? 'deviation' : ''] : [];
  return [
    ...(cepstrum ? [`${cepstrum.count} coefficients`] : []),
    ...(also ? [`and ${also.length} more over the same spectrum`] : []),
    ...(deltas ? [`${deltas.kind} deltas to order ${deltas.order} over ${deltas.width} frames`] : []),
    ...(normalize ? [`normalised by ${parts.filter(Boolean).join(' and ')} over the clip`] : []),
  ];
}

/** A head in words. */
export function headText(head: HeadConfig): string {
  const { hop, average, fit, detrend, preEmphasis, signalPreEmphasis = 0, spectrum, pcen } = head;
  return [
    `${windowText(head)}, hop ${hop}, ${framingText(head)}`,
    ...(fit === null ? [] : [`${average === 'none' ? 'clips of' : 'averages over'} ${fit} samples`]),
    ...(signalPreEmphasis === 0 ? [] : [`pre-emphasis ${signalPreEmphasis} over the signal`]),
    ...(detrend === 'none' ? [] : [`${detrend} trend taken from each frame`]),
    ...(preEmphasis === 0 ? [] : [`pre-emphasis ${preEmphasis}`]),
    `${spectrum} spectrum E, ${bankText(head)}`,
    pcen ? `PCEN with smoothing ${pcen.smoothing}` : logText(head),
    ...clipText(head),
  ].join('; ');
}
