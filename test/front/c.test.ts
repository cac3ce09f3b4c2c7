/** Streams of front ends in C give the results of `stream`, bit for bit, whatever the chunks. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError, UnsupportedError } from '../../src/errors.ts';
import { frontEndC } from '../../src/front/c.ts';
import { exactFrontEnd, type FrontEnd } from '../../src/front/front-end.ts';
import { inferenceGraph } from '../../src/front/graphs.ts';
import { frameProgram, targetTransforms } from '../../src/plans/feature-graphs.ts';
import { stream } from '../../src/plans/streams.ts';
import type { HeadConfig } from '../../src/spectral/head.ts';
import { featureHead, type PresetName } from '../../src/spectral/presets.ts';
import { gaussian } from '../helpers.ts';
import { compilers, hasCompiler, strict } from '../backends/c/native.ts';

const preset = (name: PresetName, own: Partial<HeadConfig> = {}): HeadConfig => ({
  ...featureHead(name),
  ...own,
});

const small = { nFft: 64, windowLength: 48, hop: 20, bank: null } as const;
const heads: [string, HeadConfig, number | null][] = [
  ['papilio', preset('papilio'), null],
  ['kaldi', preset('kaldi'), null],
  ['whisper, a short clip', preset('whisper', { fit: 3000 }), 0.5],
  [
    'librosa, dB below the largest',
    preset('librosa', { nFft: 256, windowLength: 256, hop: 64, fit: null }),
    10,
  ],
  ['centred, reflected', preset('papilio', { ...small, framing: 'centered', padding: 'reflect' }), null],
  ['centred, symmetric', preset('papilio', { ...small, framing: 'centered', padding: 'symmetric' }), null],
  ['centred, edge', preset('papilio', { ...small, framing: 'centered', padding: 'edge' }), null],
  ['frames with gaps', preset('papilio', { ...small, hop: 100 }), null],
  ['padded at the end', preset('papilio', { ...small, framing: 'padded-end' }), null],
  [
    'padding on one side, pre-emphasis of the signal',
    preset('papilio', {
      ...small,
      framing: { before: 0, after: 50 },
      padding: 'reflect',
      signalPreEmphasis: 0.97,
    }),
    null,
  ],
  ['a last frame over what is left', preset('papilio', { ...small, framing: 'padded-last' }), null],
  [
    'gaps wider than what is kept, behind a signal that ends early',
    preset('papilio', { ...small, hop: 200, framing: 'padded-end', fit: 5000 }),
    null,
  ],
  [
    'the last left out, with gaps, reflected',
    preset('papilio', { ...small, hop: 170, framing: 'centered', padding: 'reflect', dropLast: true }),
    null,
  ],
  ...(['constant', 'reflect'] as const).map((padding): [string, HeadConfig, null] => [
    `short windows that start far before the signal, ${padding}`,
    preset('papilio', { ...small, windowLength: 9, placement: 'start', framing: 'centered', padding }),
    null,
  ]),
  [
    'odd windows, midpoints',
    preset('papilio', {
      ...small,
      windowLength: 33,
      hop: 34,
      placement: 'start',
      framing: 'midpoints',
      padding: 'reflect',
    }),
    null,
  ],
  ['midpoints', preset('papilio', { ...small, framing: 'midpoints', padding: 'symmetric' }), null],
];

/** Lengths of chunks, over and over. */
const chunks = [1, 700, 3, 160, 20, 999];

/** Results of a front end in C over samples, in chunks. */
function inC(front: FrontEnd, samples: Float32Array, reference: number | null): Float32Array {
  const folder = mkdtempSync(join(tmpdir(), 'papilio-c-'));
  const path = (file: string): string => join(folder, file);
  try {
    for (const [file, text] of Object.entries(frontEndC(front, { name: 'front' }).files))
      writeFileSync(path(file), text);
    writeFileSync(path('in'), samples);
    writeFileSync(
      path('main.c'),
      `#include <stdio.h>
#include "front.h"
static front_state state;
static float samples[${samples.length}];
static void result(void *out, const float *features) { fwrite(features, sizeof(float), FRONT_WIDTH, (FILE *)out); }
int main(int count, char **names)
{
  static const int chunks[] = { ${chunks.join(', ')} };
  FILE *in = fopen(names[1], "rb"), *out = fopen(names[2], "wb");
  int at = 0, made = 0;
  if (count != 3 || !in || !out || fread(samples, sizeof(float), ${samples.length}, in) != ${samples.length}) return 2;
  for (int round = 0; round < 2; round++) {
    front_init(&state${reference === null ? '' : `, (float)${reference}`});
    at = 0;
    for (int i = 0; at < ${samples.length}; i++) {
      int n = chunks[i % ${chunks.length}];
      if (n > ${samples.length} - at) n = ${samples.length} - at;
      made += front_push(&state, samples + at, n, result, out);
      at += n;
    }
    made += front_flush(&state, result, out);
    if (front_flush(&state, result, out) || front_push(&state, samples, 999, result, out)) return 3;
  }
  return made == 0 || fclose(out);
}
`,
    );
    const [{ name, flags }] = compilers;
    const sanitize = ['-fsanitize=undefined,address', '-fno-sanitize-recover=all'];
    execFileSync(name, [
      ...flags,
      ...strict,
      ...sanitize,
      path('front.c'),
      path('main.c'),
      '-o',
      path('run'),
    ]);
    execFileSync(name, [...flags, ...strict, path('front.c'), path('front_test.c'), '-o', path('test')]);
    execFileSync(path('run'), [path('in'), path('out')]);
    expect(execFileSync(path('test'), { encoding: 'utf8' })).toBe('front: 0 wrong, every bit equal\n');
    const bytes = readFileSync(path('out'));
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('streams in C', () => {
  it.each(heads)(
    '%s',
    (_, head, reference) => {
      if (!hasCompiler('gcc')) return console.log('skipped: no gcc');
      const front = exactFrontEnd(head);
      const samples = Float32Array.from(gaussian(2345, 3), (x) => Math.fround(0.1 * x));
      const graph = () => inferenceGraph(front, 1, targetTransforms('f32', 'cortex-m4f'));
      const own = stream(frameProgram(head, 1, graph), {
        backend: 'reference',
        ...(reference === null ? {} : { reference }),
      });
      const expected: number[] = [];
      const take = (frames: number): void =>
        void expected.push(...Array.from(own.frames.subarray(0, frames * own.width)));
      take(own.push(samples));
      take(own.flush());
      expect(expected.length).toBeGreaterThan(own.width);
      const found = inC(front, samples, reference);
      // The signal is taken twice: a stream begins anew.
      expect(Array.from(found)).toEqual([...expected, ...expected]);
    },
    60_000,
  );
});

it('refuses clips that are too short for a result', () => {
  const front = exactFrontEnd(featureHead('papilio', { fit: 300 }));
  expect(() => frontEndC(front, { name: 'front' })).toThrow(InvalidArgumentError);
});

describe('fixed point', () => {
  it.each(['q15', 'q31'] as const)('has no sums of powers over frames: %s', (format) => {
    const head = preset('papilio', { ...small, average: 'mean', fit: 64 + 3 * 20 });
    const bank = { ...featureHead('papilio').bank, bands: 8 } as HeadConfig['bank'];
    for (const own of [head, { ...head, bank }]) {
      const front = exactFrontEnd(own);
      expect(() => frontEndC(front, { name: 'front', format })).toThrow(UnsupportedError);
      expect(() =>
        frontEndC({ ...front, head: { ...own, average: 'none' } }, { name: 'front', format }),
      ).not.toThrow();
    }
  });
  it('of levels below the largest of the clip: one unit from the frame to the result', () => {
    const head = featureHead('whisper', { nFft: 40, windowLength: 40, hop: 20, bank: { bands: 8 } });
    for (const format of ['q15', 'q31'] as const) {
      const { files } = frontEndC(exactFrontEnd(head), { name: 'front', format });
      const fraction = (of: string): string =>
        new RegExp(`#define FRONT_${of}_FRACTION (\\d+)`).exec(files['front.h'])?.[1] ?? of;
      expect(fraction('FRAME_FEATURES')).toBe(fraction('FINISH_REFERENCE'));
      expect(fraction('FRAME_FEATURES')).toBe(fraction('FINISH_VALUES'));
      expect(files['front.h']).toContain('void front_init(front_state *state, int32_t reference);');
    }
  });
});
