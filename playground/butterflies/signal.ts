/** What goes in: an impulse, a tone, a ramp, noise, or numbers of the visitor. */
import { fillGaussian } from 'papilio/learn';
import { numberOfText } from '../subject.ts';
import { wires, type Wires } from './network.ts';

export const signalTitles = {
  impulse: 'an impulse',
  tone: 'a tone',
  ramp: 'a ramp',
  noise: 'noise',
  own: 'your numbers',
} as const;
export type SignalName = keyof typeof signalTitles;
export const signalNames = Object.keys(signalTitles) as SignalName[];

/** Largest part of a number, beyond which sums of squares leave what a drawing can show. */
const largest = 1e6;

/** Numbers of a text, 0 behind its end. Throws Error for what is no number, or too large a one. */
export function numbersOf(text: string, n: number): Wires {
  const x = wires(n);
  const parts = text.split(/[\s,;]+/).filter((t) => t !== '');
  parts.slice(0, n).forEach((part, i) => {
    [x.re[i], x.im[i]] = numberOfText(part);
    if (Math.max(Math.abs(x.re[i]), Math.abs(x.im[i])) > largest)
      throw new Error(`"${part}" is too large; expected numbers from -1e6 to 1e6`);
  });
  return x;
}

/** `at`: place of the impulse, cycles of the tone, seed of the noise. What is no number of `own` is zero. */
export function signalOf(name: SignalName, at: number, own: string, n: number): Wires {
  const x = wires(n);
  switch (name) {
    case 'impulse':
      x.re[Math.min(n - 1, Math.round(at))] = 1;
      return x;
    case 'tone':
      x.re.forEach((_, i) => (x.re[i] = Math.cos((2 * Math.PI * at * i) / n)));
      return x;
    case 'ramp':
      x.re.forEach((_, i) => (x.re[i] = i / n));
      return x;
    case 'noise':
      fillGaussian(x.re, Math.round(at), 0);
      return x;
    case 'own':
      try {
        return numbersOf(own, n);
      } catch {
        return x;
      }
    default:
      return name satisfies never;
  }
}
