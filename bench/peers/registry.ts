/** All contenders by name; the packages behind them are imported only when asked for. */
import { labelOf, type Contender, type Dtype, type Peer, type Shape } from '../contender.ts';
import { fftw } from '../fftw.ts';
import { loadFftjs } from './fftjs.ts';
import { loadFourierTransform } from './fourier-transform.ts';
import { loadJax } from './jax.ts';
import { loadKissfft } from './kissfft.ts';
import { loadNumpyTs } from './numpy-ts.ts';
import { loadOoura } from './ooura.ts';
import { papilio } from './papilio.ts';
import { loadPffft } from './pffft.ts';
import { loadWebfft } from './webfft.ts';

interface Named {
  readonly name: string;
  readonly dtype: Dtype;
}
/** A package in this process. */
export interface LibraryEntry extends Named {
  readonly load: () => Promise<Peer>;
}
/** A program beside it. */
export interface ProgramEntry extends Named {
  readonly start: (shape: Shape) => Promise<Contender>;
}
export type PeerEntry = LibraryEntry | ProgramEntry;

const own = (name: string, dtype: Dtype, backend: 'wasm' | 'js'): LibraryEntry => ({
  name,
  dtype,
  load: async () => papilio(name, dtype, backend),
});

const program = (name: string, bits: 0 | 128): ProgramEntry => ({
  name,
  dtype: 'f32',
  start: fftw(name, bits),
});

export const registry: readonly PeerEntry[] = [
  own('papilio', 'f32', 'wasm'),
  own('papilio', 'f64', 'wasm'),
  own('papilio-js', 'f64', 'js'),
  { name: 'pffft-wasm', dtype: 'f32', load: loadPffft },
  { name: 'kissfft-wasm', dtype: 'f32', load: loadKissfft },
  { name: 'webfft', dtype: 'f32', load: loadWebfft },
  { name: 'numpy-ts', dtype: 'f32', load: loadNumpyTs },
  { name: 'jax-js', dtype: 'f32', load: loadJax },
  { name: 'fft.js', dtype: 'f64', load: loadFftjs },
  { name: 'ooura', dtype: 'f64', load: loadOoura },
  { name: 'fourier-transform', dtype: 'f64', load: loadFourierTransform },
  program('fftw', 0),
  program('fftw-128', 128),
];

/** Names for --peers. */
export const peerNames: readonly string[] = [...new Set(registry.map((p) => p.name))];

const loaded = new Map<string, Promise<Peer>>();

/** The peer of a label, loaded once. */
export function loadPeer(entry: LibraryEntry): Promise<Peer> {
  const label = labelOf(entry);
  const known = loaded.get(label) ?? entry.load();
  loaded.set(label, known);
  return known;
}
