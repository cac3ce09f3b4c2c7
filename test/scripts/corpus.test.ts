/** What npm run corpus decides without fetching anything: classes, names, order, pieces, the manifest, archives, G.722. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { FileFormatError } from '../../src/errors.ts';
import { gaussian } from '../helpers.ts';
import { Band, decodeG722, lowerBand, mirrorFilter, upperBand } from '../../scripts/corpus/g722.ts';
import {
  activePart,
  emptyManifest,
  minutesTable,
  piecesOf,
  readManifest,
  recordingName,
  takingOrder,
  withPackage,
  type Item,
} from '../../scripts/corpus/manifest.ts';
import { classify, minutesOf, packages } from '../../scripts/corpus/packages.ts';
import { unzip } from '../../scripts/corpus/zip.ts';

const whatIs = (name: string, path: string) =>
  classify(packages.find((p) => p.name === name) as (typeof packages)[number], `/usr/share/${path}`);

describe('the class of a path', () => {
  it('is speech by speaker and language, digits and letters by label, or nothing', () => {
    const asterisk = 'asterisk-core-sounds-fr-g722';
    const folder = 'asterisk/sounds/fr_CA_f_June';
    const june = { group: 'fr_CA_f_June', language: 'fr' };
    expect(whatIs(asterisk, `${folder}/vm-intro.g722`)).toEqual({ category: 'speech', ...june });
    expect(whatIs(asterisk, `${folder}/digits/7.g722`)).toEqual({ category: 'digits', ...june, label: '7' });
    expect(whatIs(asterisk, `${folder}/letters/q.g722`)).toEqual({ category: 'digits', ...june, label: 'q' });
    expect(whatIs(asterisk, `${folder}/digits/17.g722`)?.category).toBe('speech');
    // The word "and", not the letter.
    expect(whatIs(asterisk, `${folder}/digits/e.g722`)?.category).toBe('speech');
    expect(whatIs(asterisk, `${folder}/letters/dash.g722`)?.category).toBe('speech');
    expect(whatIs(asterisk, `${folder}/silence/3.g722`)).toBeNull();
    expect(whatIs(asterisk, 'doc/asterisk/copyright')).toBeNull();
    expect(whatIs('klettres-data', 'klettres/en/alpha/B.ogg')).toEqual({
      category: 'digits',
      group: 'en',
      language: 'en',
      label: 'b',
    });
    expect(whatIs('klettres-data', 'klettres/de/alpha/sz.ogg')?.category).toBe('speech');
    expect(whatIs('kajongg', 'kajongg/voices/de/male2/b1.ogg')?.group).toBe('de-male2');
    expect(whatIs('kajongg', 'kajongg/voices/male2/b1.ogg')?.group).toBe('en-male2');
    expect(whatIs('fillets-ng-data-cs', 'games/fillets-ng/sound/gods/cs/bo-neptun-1.ogg')?.group).toBe(
      'cs-neptun',
    );
  });
  it('is music or noise, with voices and tunes left out of noise', () => {
    const game = 'games/hedgewars/Data';
    expect(whatIs('hedgewars-data', `${game}/Music/City.ogg`)?.category).toBe('music');
    expect(whatIs('hedgewars-data', `${game}/Sounds/splash.ogg`)?.category).toBe('noise');
    expect(whatIs('hedgewars-data', `${game}/Sounds/voices/Pirate/Bugger.ogg`)?.group).toBe('Pirate');
    for (const none of ['Sounds/4F.ogg', 'Sounds/hell_ow.ogg', 'Sounds/voices/Robot/Bugger.ogg'])
      expect(whatIs('hedgewars-data', `${game}/${none}`)).toBeNull();
    const pack = 'games/ufoai/base/0snd.pk3/sound';
    expect(whatIs('ufoai-sound', `${pack}/ambience/rain.ogg`)?.group).toBe('ambience');
    expect(whatIs('ufoai-sound', `${pack}/soldiers/pain.ogg`)).toBeNull();
  });
  it('asks for an hour of speech, 40 minutes of music and 20 of noise at least', () => {
    expect(minutesOf('speech')).toBeGreaterThanOrEqual(60);
    expect(minutesOf('music')).toBeGreaterThanOrEqual(40);
    expect(minutesOf('noise')).toBeGreaterThanOrEqual(20);
    expect(new Set(packages.map((p) => p.name)).size).toBe(packages.length);
  });
});

const file = (source: string, group: string) => ({ source, what: { category: 'speech' as const, group } });

describe('names, order and pieces', () => {
  it('names are plain and differ where paths do', () => {
    const name = recordingName('usr/share/Época mañana/a b.ogg', { category: 'noise', group: 'sr@latin' });
    expect(name).toMatch(/^sr-latin-a-b-[0-9a-f]{8}$/);
    expect(recordingName('x/a b.ogg', { category: 'noise', group: 'sr@latin' })).not.toBe(name);
    expect(recordingName('x/B.ogg', { category: 'digits', group: 'en', label: 'b' })).toMatch(/^en-b-/);
  });
  it('groups take turns, whatever order the files come in', () => {
    const files = [...'abcdef'].map((c) => file(c, 'one')).concat([file('x', 'two'), file('y', 'two')]);
    const order = takingOrder(files);
    expect(order.slice(0, 4).map((f) => f.what.group)).toEqual(['one', 'two', 'one', 'two']);
    expect(new Set(order)).toEqual(new Set(files));
    expect(takingOrder([...files].reverse())).toEqual(order);
  });
  it('pieces cover what is kept, in order, none longer than allowed', () => {
    fc.assert(
      fc.property(fc.nat(3000), fc.integer({ min: 1, max: 400 }), fc.nat(3000), (samples, longest, most) => {
        const pieces = piecesOf(samples, longest, most);
        let end = 0;
        for (const [from, to] of pieces) {
          expect(from).toBe(end);
          expect(to - from).toBeLessThanOrEqual(longest);
          expect(to).toBeGreaterThan(from);
          end = to;
        }
        expect(end).toBe(Math.min(samples, most));
      }),
    );
  });
});

describe('the active part', () => {
  it('is what is loud, with a margin within the recording', () => {
    const x = new Float64Array(1000);
    x.fill(0.009, 100, 900);
    x.fill(1, 400, 500);
    expect(activePart(x, 50)).toEqual([350, 550]);
    expect(activePart(x, 450)).toEqual([0, 950]);
    expect(activePart(new Float64Array(10), 5)).toEqual([0, 0]);
  });
});

const item = (name: string, category: Item['category'], seconds: number): Item => ({
  file: `${category}/${name}/a.wav`,
  package: name,
  source: 'a',
  category,
  group: 'g',
  recording: 'a',
  start: 0,
  seconds,
  nativeRate: 44_100,
  gain: 1,
  sha256: '',
});
const entry = (name: string, request: string) => ({
  name,
  version: '1',
  download: 1,
  licence: '',
  request,
  skipped: {},
});

describe('the manifest', () => {
  it('replaces a package and its items, and adds minutes up', () => {
    let m = withPackage(emptyManifest, entry('a', 'old'), [item('a', 'speech', 60), item('a', 'speech', 30)]);
    m = withPackage(m, entry('b', ''), [item('b', 'noise', 6)]);
    m = withPackage(m, entry('a', 'new'), [item('a', 'speech', 90)]);
    expect(m.packages.map((p) => p.name + p.request)).toEqual(['b', 'anew']);
    expect(minutesTable(m.items).split('\n').slice(2)).toEqual([
      '| noise | b | 0.1 | 1 | 1 | 44.1 |',
      '| noise | total | 0.1 | 1 | 1 | 44.1 |',
      '| speech | a | 1.5 | 1 | 1 | 44.1 |',
      '| speech | total | 1.5 | 1 | 1 | 44.1 |',
    ]);
  });
  it('is empty where there is none, and an error where there is something else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'papilio-corpus-'));
    try {
      expect(readManifest(folder)).toEqual(emptyManifest);
      for (const text of ['{', 'null', '{"format":"other"}']) {
        writeFileSync(join(folder, 'manifest.json'), text);
        expect(() => readManifest(folder)).toThrow(FileFormatError);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** A zip archive of one file. */
function zip(path: string, data: Uint8Array, method: 0 | 8): Uint8Array {
  const name = Buffer.from(path);
  const body = method === 8 ? deflateRawSync(data) : Buffer.from(data);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(method, 4);
  common.writeUInt32LE(body.length, 14);
  common.writeUInt32LE(data.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, body]);
  const directory = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}

describe('archives', () => {
  const data = Buffer.from('a sound, a sound, a sound');
  it('give stored and deflated files', () => {
    for (const method of [0, 8] as const) {
      const [only] = [...unzip(zip('sound/a.ogg', data, method), 'x.pk3')];
      expect(only.path).toBe('sound/a.ogg');
      expect(Buffer.from(only.data).toString()).toBe(data.toString());
    }
  });
  it('that are damaged are named errors or whole files, never anything else', () => {
    const whole = zip('sound/a.ogg', data, 8);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, length) => {
        const bytes = Uint8Array.from(whole).subarray(0, length);
        if (at < length) bytes[at] = value;
        try {
          for (const { path } of unzip(bytes, 'x.pk3')) expect(typeof path).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(FileFormatError);
          expect((error as Error).message).toContain('x.pk3');
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** A G.722 encoder around the decoder's own bands: of all codes the one whose sample is nearest. */
function encodeG722(x: Float64Array): Uint8Array {
  const [low, high] = [new Band(lowerBand), new Band(upperBand)];
  const nearest = (band: Band, codes: number, want: number): number => {
    let best = codes === 64 ? 4 : 0;
    for (let code = best; code < codes; code++)
      if (Math.abs(band.valueOf(code) - want) < Math.abs(band.valueOf(best) - want)) best = code;
    band.take(best);
    return best;
  };
  return Uint8Array.from({ length: x.length / 2 }, (_, i) => {
    let [even, odd] = [0, 0];
    for (let j = 0; j < 12; j++) {
      even += (x[2 * i + 1 - 2 * j] ?? 0) * mirrorFilter[j];
      odd += (x[2 * i - 2 * j] ?? 0) * mirrorFilter[11 - j];
    }
    const [l, h] = [even + odd, even - odd].map((v) => (v * 32768) / 16384);
    return nearest(low, 64, l) | (nearest(high, 4, h) << 6);
  });
}

/** Signal to error in dB at the best delay below 48 samples. */
function signalToError(x: Float64Array, y: Float64Array): number {
  let best = -Infinity;
  for (let delay = 0; delay < 48; delay++) {
    let [signal, error] = [0, 0];
    for (let i = 1000; i + delay < y.length; i++) {
      signal += x[i] ** 2;
      error += (y[i + delay] - x[i]) ** 2;
    }
    best = Math.max(best, 10 * Math.log10(signal / error));
  }
  return best;
}

describe('G.722', () => {
  // Six bits of adaptive PCM in the lower band, two in the upper, whose quarter-scale steps leave about 9 dB.
  it.each([
    [500, 38],
    [2500, 25],
    [6000, 8],
  ])('gives back a tone of %d Hz to %d dB', (frequency, least) => {
    const x = Float64Array.from(
      { length: 8000 },
      (_, i) => 0.3 * Math.sin((2 * Math.PI * frequency * i) / 16000),
    );
    expect(signalToError(x, decodeG722(encodeG722(x)))).toBeGreaterThan(least);
  });
  it('follows noise bursts and stays finite for any bytes', () => {
    const x = gaussian(8000, 3).map((v, i) => 0.05 * v * (1 + Math.sin(i / 700)));
    expect(signalToError(x, decodeG722(encodeG722(x)))).toBeGreaterThan(8);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const y = decodeG722(bytes);
        expect(y.length).toBe(2 * bytes.length);
        expect(y.every((v) => v >= -1 && v < 1)).toBe(true);
      }),
    );
  });
});
