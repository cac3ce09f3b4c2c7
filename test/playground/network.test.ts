/** The network that is drawn is the model that is compiled, whatever is done to it; addresses and files say it all. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { addressOf, fileOf, wholeOf, wholeOfAddress, wholeOfFile } from '../../playground/shell/address.ts';
import { literal } from '../../playground/shell/code.ts';
import type { Raw, Room } from '../../playground/shell/room.ts';
import { rooms } from '../../playground/shell/registry.ts';
import {
  acts,
  edited,
  editsOf,
  editsText,
  keyOf,
  type Act,
  type Edit,
} from '../../playground/butterflies/edits.ts';
import {
  applied,
  carried,
  drawn,
  editedBlocks,
  editedModel,
  resultsOf,
  wires,
  type Drawn,
} from '../../playground/butterflies/network.ts';
import { numbersOf, signalOf } from '../../playground/butterflies/signal.ts';
import { clipOfFile } from '../../playground/sound/clips.ts';
import { openFront } from '../../playground/sound/fronts.ts';
import {
  exactSubject,
  matrixOfText,
  numberOfText,
  packed,
  subjectOf,
  targetNames,
  unpacked,
} from '../../playground/subject.ts';
import { chainMatrix, fillGaussian, initializeModel } from '../../src/learn.ts';
import { randomOf } from './monkey.ts';

/** Relative difference of what is drawn and what the model computes, for a random signal. */
function difference(d: Drawn, edits: ReadonlyMap<string, Edit>): number {
  const x = wires(d.n);
  fillGaussian(x.re, 3, 0);
  if (d.subject.model.head === 'complex') fillGaussian(x.im, 3, 1);
  const all = carried(d, editedBlocks(d, edits), x);
  const y = resultsOf(d, all[all.length - 1]);
  const { model, values } = editedModel(d, edits);
  const wanted = applied(chainMatrix(model, values), x);
  let [off, size] = [0, 0];
  wanted.re.forEach((re, k) => {
    off += (re - y.re[k]) ** 2 + (d.subject.model.head === 'complex' ? (wanted.im[k] - y.im[k]) ** 2 : 0);
    size += re * re + wanted.im[k] ** 2;
  });
  return Math.sqrt(off / size);
}

/** Edits of every kind at random places. */
function randomEdits(d: Drawn, seed: number): Map<string, Edit> {
  const random = randomOf(seed);
  let edits = new Map<string, Edit>();
  const all = Object.keys(acts) as Act[];
  for (let i = 0; i < 12; i++) {
    const place = keyOf(Math.floor(random() * d.columns.length), Math.floor(random() * (d.n / 2)));
    const kind = random();
    if (kind < 0.5) edits = edited(edits, place, { act: all[Math.floor(random() * all.length)] });
    else if (kind < 0.75) edits = edited(edits, place, { w: [random() - 0.5, random()] });
    else edits = edited(edits, place, { bits: 3 });
  }
  return edits;
}

describe('what is drawn is what is compiled', () => {
  const targets = targetNames.filter((t) => t !== 'matrix');
  it.each(targets)('exact %s, and with edits', (target) => {
    for (const n of [8, 16]) {
      const { subject, values } = exactSubject(target, n);
      const d = drawn(subject, values);
      const x = wires(n);
      fillGaussian(x.re, 5, 0);
      const all = carried(d, editedBlocks(d, new Map()), x);
      const [y, wanted] = [resultsOf(d, all[all.length - 1]), applied(subject.matrix, x)];
      y.re.forEach((re, k) => expect(re).toBeCloseTo(wanted.re[k], 12));
      for (let seed = 1; seed <= 4; seed++) expect(difference(d, randomEdits(d, seed))).toBeLessThan(1e-14);
    }
  });

  it('learned blocks of every kind', () => {
    for (const blocks of ['free', 'twiddle', 'unit-circle', 'widely-linear'] as const) {
      const subject = subjectOf({
        target: blocks === 'widely-linear' ? 'dct2' : 'dft',
        n: 16,
        blocks,
        matrix: '',
      });
      const values = initializeModel(subject.model, 'random', 1);
      const again = unpacked(subject.model, packed(subject.model, values));
      expect(again).toEqual(values);
      const d = drawn(subject, values);
      for (let seed = 1; seed <= 3; seed++) expect(difference(d, randomEdits(d, seed))).toBeLessThan(1e-13);
    }
  });
});

describe('texts', () => {
  it('edits and back', () => {
    const { subject, values } = exactSubject('dft', 16);
    const edits = randomEdits(drawn(subject, values), 9);
    const text = editsText(edits);
    expect(editsText(editsOf(text, 4, 8))).toBe(text);
    expect([...editsOf('9.9:skip~0.0:w9,9~0.1:q99~0.2:eat~0.3:drop', 4, 8).keys()]).toEqual(['0.3']);
  });

  it('numbers and matrices', () => {
    expect(['2', '-.5', 'i', '-i', '2i', '1-2i', '1e-3+.5j', '3.'].map(numberOfText)).toEqual([
      [2, 0],
      [-0.5, 0],
      [0, 1],
      [0, -1],
      [0, 2],
      [1, -2],
      [0.001, 0.5],
      [3, 0],
    ]);
    for (const text of ['', 'x', '1+2', '--1']) expect(() => numberOfText(text)).toThrow('is no number');
    expect(matrixOfText('1 1\n1 -1').re).toEqual(Float64Array.of(1, 1, 1, -1));
    expect(() => matrixOfText('1 2\n3')).toThrow('row 2 has 1 numbers; expected 2');
    expect(() => matrixOfText('1 2 3\n4 5 6\n7 8 9')).toThrow('3 rows');
  });

  it('numbers that a drawing cannot show, and files of models that are none, are named', async () => {
    expect(numbersOf('-1e6 1e6i', 2).im).toEqual(Float64Array.of(0, 1e6));
    expect(() => numbersOf('1 1e308', 4)).toThrow('"1e308" is too large; expected numbers from -1e6 to 1e6');
    expect(signalOf('own', 0, '1 1e308', 4).re).toEqual(new Float64Array(4));
    expect(() => openFront(new Uint8Array(20), 'mine.safetensors')).toThrow(/^mine\.safetensors: /);
    const file = new File(['x'], 'a.mp3');
    await expect(clipOfFile(file)).rejects.toThrow('a.mp3: this browser lets no page decode sound');
  });

  it('addresses and files say the whole state', () => {
    const whole = wholeOf(
      {
        room: 'learn',
        states: {
          learn: { n: 16, seed: 7 },
          butterflies: { edits: '0.1:w0.5,-0.5~1.0:skip', own: '1, 2/3?&#%', signal: 'own' },
        },
      },
      rooms,
    );
    expect(wholeOfAddress(addressOf(whole, rooms), rooms)).toEqual(whole);
    expect(addressOf(whole, rooms)).toMatch(/^#\/learn\?n=16&seed=7\//);
    expect(wholeOfFile(fileOf(whole), rooms)).toEqual(whole);
    for (const text of ['', '{}', '[1]', '{"papilio":"x"}'])
      expect(() => wholeOfFile(text, rooms)).toThrow('this file is');
  });

  it('the code of a room that needs no recording runs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'papilio-code-'));
    const said: unknown[][] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...args: unknown[]) => void said.push(args));
    const small = wholeOfAddress('#/butterflies?n=4&edits=0.0:drop&signal=ramp/learn?n=4', rooms);
    for (const room of rooms.filter(({ id }) => ['butterflies', 'learn'].includes(id))) {
      const path = join(folder, `${room.id}.ts`);
      writeFileSync(path, room.code(small.states[room.id]));
      await import(/* @vite-ignore */ path);
    }
    log.mockRestore();
    rmSync(folder, { recursive: true });
    expect(said.flat()).toContainEqual({ mul: 16, add: 20, other: 0, loads: 24, stores: 16 });
    expect(said.find(([x]) => x === 'error on new signals')?.[1]).toBeLessThan(1e-12);
  });

  it('what a link says stays text in the code of a room', () => {
    const evil = '1 2\n*/ evil(); /*';
    const learn = rooms.find(({ id }) => id === 'learn') as Room;
    const code = learn.code(learn.read({ target: 'matrix', matrix: evil }));
    expect(code.replace(/\/\*[\s\S]*?\*\//g, '')).not.toContain('evil');
    const compare = rooms.find(({ id }) => id === 'compare') as Room;
    const bytes = readFileSync('playground/fronts/papilio-learned-2.safetensors');
    const leftModel = Buffer.from(bytes).toString('base64url');
    const own = compare.code(compare.read({ leftFront: "a\\'); evil(); ('", leftModel }));
    expect(own.replace(/'(?:\\.|[^'\\])*'/g, '')).not.toContain('evil');
    expect(literal('a"b\\"\\')).toBe(String.raw`'a"b\\"\\'`);
  });

  it('a room reads anything', () => {
    const anything = [
      {},
      { n: -1 },
      { n: 'x', edits: 5, target: null },
      { seed: NaN, at: Infinity, learned: 'zz', matrix: [] },
    ];
    for (const room of rooms)
      for (const raw of anything) {
        const state = room.read(raw);
        expect(room.read(JSON.parse(JSON.stringify(state)) as Raw)).toEqual(state);
        expect(room.code(state)).toContain("from 'papilio");
      }
  });
});
