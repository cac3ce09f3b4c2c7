/** Sounds: three recordings that the page brings, and the visitor's own, which never leaves it. */
import { decodeWav } from 'papilio/files';
import { probeSignal } from 'papilio/front';

export interface Clip {
  readonly name: string;
  /** Hz */
  readonly rate: number;
  /** One channel, in [-1, 1]. */
  readonly samples: Float64Array;
}

/** Recordings of data/ that no front end of fronts/ was fitted to or chosen by (the test part of seed 0). */
const files: Readonly<Record<string, string>> = import.meta.glob(
  '../../data/{speech-austen-0930,music-guitar-chord,sound-wind}.wav',
  { eager: true, import: 'default', query: '?inline' },
);

export const clipTitles = {
  speech: 'Speech',
  guitar: 'Guitar',
  wind: 'Wind',
  probe: 'Probe',
  own: 'Your own',
} as const;
export type ClipName = keyof typeof clipTitles;
export const clipNames = Object.keys(clipTitles) as ClipName[];

/** The bytes of an address that holds them. */
export const bytesOfData = (url: string): Uint8Array =>
  Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (c) => c.charCodeAt(0));

/** Of the clip that tells front ends apart, in Hz. */
const probeRate = 16000;

const decoded = new Map<ClipName, Clip>();

/** Longest sound that is kept, in seconds. */
export const mostSeconds = 60;

const kept = (clip: Clip): Clip => {
  const most = mostSeconds * clip.rate;
  return clip.samples.length > most ? { ...clip, samples: clip.samples.slice(0, most) } : clip;
};

/** A recording by its name; null for the visitor's own before there is one. */
export function clipOf(name: ClipName): Clip | null {
  const known = decoded.get(name);
  if (known || name === 'own') return known ?? null;
  if (name === 'probe') return { name: clipTitles.probe, rate: probeRate, samples: probeSignal(probeRate) };
  const path = Object.keys(files).find((file) => file.includes(name)) ?? '';
  const { sampleRate: rate, samples } = decodeWav(bytesOfData(files[path]), path);
  const clip = { name: clipTitles[name], rate, samples };
  decoded.set(name, clip);
  return clip;
}

/** The recording of a name, and that of speech in the place of what is not there. */
export const clipOr = (name: ClipName): Clip => clipOf(name) ?? (clipOf('speech') as Clip);

let edition = 0;
/** Changes whenever the visitor's own sound does. */
export const ownEdition = (): number => edition;

export function keepOwn(clip: Clip): void {
  decoded.set('own', kept(clip));
  edition++;
}

/** One channel of what a browser decodes. */
function mixed(buffer: AudioBuffer): Float64Array {
  const out = new Float64Array(buffer.length);
  for (let c = 0; c < buffer.numberOfChannels; c++) {
    const channel = buffer.getChannelData(c);
    for (let i = 0; i < out.length; i++) out[i] += channel[i] / buffer.numberOfChannels;
  }
  return out;
}

/** A sound from a file: WAV by papilio, the rest by the browser. Throws Error for a file that is none. */
export async function clipOfFile(file: File): Promise<Clip> {
  const bytes = await file.arrayBuffer();
  const { name } = file;
  if (/\.wav$/i.test(name)) {
    const { sampleRate: rate, samples } = decodeWav(new Uint8Array(bytes), name);
    return { name, rate, samples };
  }
  if (typeof OfflineAudioContext === 'undefined')
    throw new Error(`${name}: this browser lets no page decode sound; expected a WAV file`);
  try {
    const rate = 48000;
    const buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
    return { name, rate, samples: mixed(buffer) };
  } catch {
    throw new Error(`${name}: this browser decodes no sound from it; expected a recording`);
  }
}
