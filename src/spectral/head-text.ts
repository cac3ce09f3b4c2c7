/** What a head does, in words: of reports, and of files of C. */
import type { HeadConfig } from './head.ts';

/** The window in words. */
function windowText({ window, windowKind, windowLength, nFft, placement }: HeadConfig): string {
  const name = typeof window !== 'string' && typeof window[0] === 'number' ? 'own window' : String(window);
  const length = windowLength ?? nFft;
  const place = placement === 'centered' ? 'centred in' : 'at the start of';
  return `${windowKind} ${name} of ${length} samples${length === nFft ? '' : `, ${place} n_fft ${nFft}`}`;
}

/** Where frames lie, and what stands beyond the signal, in words. */
function framingText({ framing, padding, nFft }: HeadConfig): string {
  const beyond = `${padding === 'constant' ? 'zero' : padding} padding`;
  return {
    inside: 'frames inside the signal, no padding',
    centered: `${Math.floor(nFft / 2)} samples of ${beyond} at both ends`,
    midpoints: `frames centred in the middle of every hop, ${beyond}`,
    'padded-end': `a frame at every hop that begins inside the signal, ${beyond}`,
  }[framing];
}

function logText({ log }: HeadConfig): string {
  if (log === null) return 'no logarithm';
  const { kind, floor, offset, range, reference } = log;
  const above = reference === 1 ? '' : ` relative to ${reference === 'max' ? 'the largest' : reference}`;
  const low = range === null ? '' : `, at most ${range} below the largest`;
  return `${kind}(max(E, ${floor})${offset === 0 ? '' : ` + ${offset}`})${above}${low}`;
}

/** A head in words. */
export function headText(head: HeadConfig): string {
  const { hop, bank, cepstrum, average, fit, detrend, preEmphasis, spectrum } = head;
  const banks =
    bank === null
      ? 'single bins'
      : bank.kind === 'mel'
        ? `${bank.bands} ${bank.scale} mels, ${bank.norm} norm`
        : bank.kind;
  return [
    `${windowText(head)}, hop ${hop}, ${framingText(head)}`,
    ...(fit === null ? [] : [`${average === 'none' ? 'clips of' : 'averages over'} ${fit} samples`]),
    ...(detrend === 'none' ? [] : [`${detrend} trend taken from each frame`]),
    ...(preEmphasis === 0 ? [] : [`pre-emphasis ${preEmphasis}`]),
    `${spectrum} spectrum E, ${banks}`,
    logText(head),
    ...(cepstrum ? [`${cepstrum.count} coefficients`] : []),
    ...(head.also ? [`and ${head.also.length} more over the same spectrum`] : []),
  ].join('; ');
}
