/** What pages load: all of `papilio`, and what runs files that were made elsewhere. */
import { expect, it } from 'vitest';
import * as papilio from '../../src/index.ts';
import * as page from '../../src/page.ts';

it('pages load all of papilio, recordings and learned front ends', () => {
  expect(Object.keys(page).sort()).toEqual(
    [
      ...Object.keys(papilio),
      'backendByName',
      'compileFrontEnd',
      'decodeFrontEnd',
      'decodeWav',
      'encodeWav',
    ].sort(),
  );
});

it('and what they load is the same', () => {
  const made = new Float32Array(800).map((_, i) => 0.5 * Math.sin(i));
  const wav = page.decodeWav(page.encodeWav(made, 8000, { format: 'float32' }), 'a.wav');
  expect([...wav.samples]).toEqual([...made]);
  expect(page.resample(wav.samples, { from: 8000, to: 16000 }).length).toBe(1600);
});
