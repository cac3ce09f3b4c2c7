/** Front ends to be found, for those who have no file: settings drawn from a seed. */
import { featureHead, type HeadConfig } from 'papilio';

/** Draws that follow a seed: 31-bit linear congruence, enough to choose. */
function draws(seed: number): <T>(from: readonly T[]) => T {
  let state = Math.imul(seed, 2654435761) >>> 1 || 1;
  return (from) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return from[(state >>> 8) % from.length];
  };
}

export function riddleHead(seed: number, rate: number): HeadConfig {
  const draw = draws(seed);
  const base = featureHead(draw(['papilio', 'torchaudio']), {
    sampleRate: rate,
    hop: draw([128, 160, 200]),
  });
  const { bank } = base;
  return bank?.kind === 'mel' ? { ...base, bank: { ...bank, bands: draw([23, 40, 64]) } } : base;
}
