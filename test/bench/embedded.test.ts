/** Programs on boards: counts are those of a loop counted by hand, sizes those of the linker, and whatever goes wrong is one line. */
import { describe, expect, it } from 'vitest';
import { boards, unavailable, type Board } from '../../bench/embedded/boards.ts';
import { encode, harnessOf, printed, type Format } from '../../bench/embedded/harness.ts';
import { fronts, frontTasks, learnedFront } from '../../bench/embedded/fronts.ts';
import { papilio } from '../../bench/embedded/kernels.ts';
import { sizesOf } from '../../bench/embedded/link-map.ts';
import { fromPairsWithLast } from '../../bench/embedded/peer.ts';
import { embeddedPeerNames, peers } from '../../bench/embedded/peers.ts';
import { keyOf } from '../../bench/embedded/remembered.ts';
import {
  BoardError,
  countedInstructions,
  countedJob,
  runOnBoard,
  type Job,
} from '../../bench/embedded/run.ts';
import { speechFrames } from '../../bench/embedded/speech.ts';
import { complexTask, levelsOf, measureOn, realTask, snrOf } from '../../bench/embedded/task.ts';
import { fftC } from '../../src/compiler.ts';
import { UnsupportedError } from '../../src/errors.ts';

/** A test that says in its name why it is skipped. */
function onBoard(board: Board, name: string, test: () => void | Promise<void>): void {
  const why = unavailable(board);
  it.skipIf(why !== null)(why === null ? name : `${name} (skipped: ${why})`, test);
}

/** y = 2 x + table, with one table that is read, one that is not, and a variable that keeps a number. */
const job = (format: 'f32' | 'q15'): Job => {
  const type = format === 'f32' ? 'float' : 'int16_t';
  return {
    sources: {
      'twice.h': `#include <stdint.h>\nvoid twice(const ${type} *x, ${type} *y);\n`,
      'twice.c': `#include "twice.h"
const ${type} used[4] = {1, 2, 3, 4};
const ${type} unused[1000] = {1};
static volatile ${type} kept[100];
void twice(const ${type} *x, ${type} *y) {
  kept[x[0] > 0] = x[0];
  for (int i = 0; i < 4; i++) y[i] = (${type})(x[i] + x[i] + (${format === 'f32' ? '' : '2 * '}used[i]));
}
`,
    },
    harness: harnessOf(
      {
        declarations: '#include "twice.h"',
        arrays: ['x', 'y'].map((name) => ({ name, format, length: 4 })),
        input: 'x',
        call: 'twice(x, y); x[0] = 0;',
        outputs: ['y'],
      },
      [
        [0.25, -0.5, 0.125, -0.0625],
        [0, 0, 0, 0.25],
      ],
    ),
  };
};

it('a function takes no more samples of a frame than it has an array for', () => {
  const arrays = [{ name: 'x', format: 'f32' as const, length: 2 }];
  const call = { declarations: '', arrays, input: 'x', call: 'f(x);', outputs: ['x'] };
  const { 'harness.c': text } = harnessOf(call, [[1, 2, 3]]);
  expect(text).toContain('for (int i = 0; i < 2; i++) x[i] = given[3 * which + i];');
});

describe.each(Object.values(boards))('$name', (board) => {
  onBoard(board, 'counts the instructions of a loop, and no stack', () => {
    const { instructions, stack, flash, tables } = runOnBoard(board, countedJob(board));
    expect([instructions, stack, tables]).toEqual([countedInstructions, 0, 0]);
    expect(flash).toBeGreaterThanOrEqual(8);
    expect(flash).toBeLessThanOrEqual(16);
  });

  onBoard(board, 'prints the numbers of every input; sizes are those of what is used', () => {
    const single = runOnBoard(board, job('f32'));
    expect(printed(single.stdout, 'y', 'f32').map((y) => [...y])).toEqual([
      [1.5, 1, 3.25, 3.875],
      [1, 2, 3, 4.5],
    ]);
    // The inputs' turn is the harness's own variable.
    expect([single.ram, single.buffers]).toEqual([400, 36]);
    // RISC-V loads a number that Arm makes.
    expect([16, 20]).toContain(single.tables);
    expect(single.flash).toBeGreaterThan(16);
    expect(single.flash).toBeLessThan(400);
    expect(single.instructions).toBeGreaterThan(0);
    const fixed = runOnBoard(board, job('q15'));
    const steps = [2, 4, 6, 8].map((x) => x / 2 ** 15);
    expect([...printed(fixed.stdout, 'y', 'q15')[0]]).toEqual([
      0.5 + steps[0],
      -1 + steps[1],
      0.25 + steps[2],
      -0.125 + steps[3],
    ]);
  });

  onBoard(board, 'runs programs with a main of their own', () => {
    const main = (code: number): Job => ({
      sources: {},
      harness: {
        'main.c': `#include "board.h"\nint main(void) { board_print("said\\n"); return ${code}; }`,
      },
    });
    const run = runOnBoard(board, main(0));
    expect(run.stdout).toContain('said\n');
    expect(run.instructions).toBeNaN();
    expect(() => runOnBoard(board, main(7))).toThrow(BoardError);
    expect(() => runOnBoard(board, main(7))).toThrow(`${board.name}: the program ended with code 7: said`);
  });

  onBoard(board, 'does what papilio does', () => {
    const kernel = (kind: string, format: Format) =>
      papilio.find((p) => p.kind === kind && p.format === format) ?? papilio[0];
    const measured = [
      [realTask(60), 'f32', 135],
      [complexTask(32), 'q15', 80],
      [realTask(64), 'q31', 90],
    ] as const;
    for (const [task, format, least] of measured) {
      const { run, accuracy } = measureOn(board, task, kernel(task.kind, format).make(task, board));
      expect(accuracy).toHaveLength(levelsOf(format).length);
      for (const snr of accuracy) expect(snr).toBeGreaterThan(least);
      expect(run.ram).toBe(0);
    }
    const [{ exact }] = frontTasks();
    const { accuracy } = measureOn(board, exact, kernel(exact.kind, 'f32').make(exact, board));
    expect(accuracy[0]).toBeLessThan(1e-5);
  });

  onBoard(board, 'passes the test that papilio writes beside its C, every bit equal', () => {
    const { files } = fftC({ n: 48, input: 'real' }, { name: 'dft48', target: board.target });
    const { 'README.md': _, ...harness } = files;
    const { stdout } = runOnBoard(board, { sources: {}, harness, flags: ['-O2', '-std=c99'] });
    expect(stdout).toBe('dft48: 0 wrong, every bit equal\n');
  });

  onBoard(board, 'says in one line what does not build', () => {
    const { harness } = job('f32');
    const sources = { 'twice.h': 'void twice(const float *x, float *y);', 'twice.c': 'int x = "' };
    expect(() => runOnBoard(board, { sources, harness })).toThrow(
      /^no object for [\w-]+: twice\.c:1:\d+: error/,
    );
    const undefinedCall = { 'twice.h': sources['twice.h'], 'twice.c': '' };
    expect(() => runOnBoard(board, { sources: undefinedCall, harness })).toThrow(
      /^no program for [\w-]+: .*undefined reference/,
    );
  });
});

it('a board whose compiler is missing says so', () => {
  const missing: Board = { ...boards.riscv32, compiler: 'no-such-gcc' };
  expect(unavailable(missing)).toBe('no-such-gcc is missing; Debian has it in no-such-gcc');
  expect(() => runOnBoard(missing, job('f32'))).toThrow(UnsupportedError);
  expect(() => runOnBoard(missing, job('f32'))).toThrow('riscv32: no-such-gcc is missing');
});

describe('front ends', () => {
  it('are exact in float64, and learned ones near them', () => {
    for (const { exact, learned } of frontTasks()) {
      const [, , , frame] = exact.inputs(1);
      expect(frame).toHaveLength(exact.n);
      const levels = exact.reference(frame);
      expect(levels.every(Number.isFinite)).toBe(true);
      if (!learned) continue;
      const difference = learned.accuracy(learned.reference(frame), levels);
      expect(difference).toBeGreaterThan(1e-3);
      expect(difference).toBeLessThan(5 * learned.error);
    }
  });

  it('are learned where a budget is said, and say how far they are off', () => {
    for (const [name, { budget, head }] of Object.entries(fronts)) {
      const learned = learnedFront(name);
      if (budget === undefined) expect(learned).toBeNull();
      else {
        expect(learned?.front.head).toEqual(head);
        expect(learned?.error).toBeGreaterThan(0);
        expect(learned?.error).toBeLessThan(2 * budget);
      }
    }
  });

  it('hear a sentence with the peak that is asked for', () => {
    const frames = speechFrames(400, 0.1);
    expect(frames).toHaveLength(8);
    const peaks = frames.map((x) => x.reduce((a, b) => Math.max(a, Math.abs(b)), 0));
    expect(Math.max(...peaks)).toBeLessThanOrEqual(0.1);
    expect(Math.max(...peaks)).toBeGreaterThan(0.02);
  });
});

it('a run is remembered by all that decides it', () => {
  const board = boards['cortex-m3'];
  const key = keyOf(board, job('f32'));
  expect(keyOf(board, job('f32'))).toBe(key);
  const others = [
    keyOf(board, job('q15')),
    keyOf(boards['cortex-m0plus'], job('f32')),
    keyOf(board, { ...job('f32'), flags: ['-O3'] }),
  ];
  expect(new Set([key, ...others]).size).toBe(4);
});

describe('link map', () => {
  it('counts what is kept, by object', () => {
    const map = `Discarded input sections

 .text.gone     0x00000000     0x1000 a.o

Linker script and memory map

.text           0x00000000      0x100
 *(.text .text.*)
 .text.f        0x00000000       0x10 a.o
 .rodata.a_very_long_name
                0x00000010       0x20 a.o
 .text.g        0x00000030        0x4 /usr/lib/libc.a(g.o)
 .data.v        0x20000000        0x8 folder/b.o
 .bss           0x20000008       0x40 folder/b.o
 .comment       0x00000000       0x99 a.o
`;
    expect([...sizesOf(map)]).toEqual([
      ['a.o', { flash: 48, tables: 32, ram: 0 }],
      ['b.o', { flash: 8, tables: 0, ram: 72 }],
    ]);
  });
});

describe('numbers', () => {
  it('are rounded to their format, and saturated', () => {
    expect(encode([0.1, -0], 'f32')).toEqual([Math.fround(0.1), -0]);
    expect(encode([1, -1, 0.5, 1.6 / 32768], 'q15')).toEqual([32767, -32768, 16384, 2]);
    expect(encode([-1, 1], 'q31')).toEqual([-(2 ** 31), 2 ** 31 - 1]);
  });

  it('are read as they were printed', () => {
    const text = 'a 3f800000bf000000\nb 4000c000\nab 7fffffff\nb c0004000\nticks call 1 2\n';
    const read = (name: string, format: Format) => printed(text, name, format).map((x) => [...x]);
    expect(read('a', 'f32')).toEqual([[1, -0.5]]);
    expect(read('b', 'q15')).toEqual([
      [0.5, -0.5],
      [-0.5, 0.5],
    ]);
    expect(read('c', 'q31')).toEqual([]);
  });

  it('a signal is compared with its noise, whatever the power of two between scales', () => {
    const wanted = Float64Array.of(3, 0, -4, 0, 12, 0);
    const got = (scale: number): Float64Array => wanted.map((x, i) => scale * (i === 1 ? 0.13 : x));
    for (const scale of [1, 1 / 512, 64]) expect(snrOf(got(scale), wanted)).toBeCloseTo(40, 5);
    expect(snrOf(got(-1), wanted)).toBeLessThan(0);
    expect(snrOf(wanted.subarray(0, 5), wanted)).toBeNaN();
    expect([...fromPairsWithLast(Float64Array.of(1, 2, 3, 4))]).toEqual([1, 3, 2, 0, 4, 0]);
  });
});

describe('peers', () => {
  it('are skipped where their source is missing', () => {
    const board = boards['cortex-m4f'];
    const known = process.env['PAPILIO_PEERS'];
    try {
      delete process.env['PAPILIO_PEERS'];
      for (const peer of peers.filter((p) => p.kind !== 'front end')) {
        expect(() => peer.make(realTask(512), board)).toThrow(UnsupportedError);
        expect(() => peer.make(realTask(512), board)).toThrow(/^PAPILIO_PEERS is not set; expected a folder/);
      }
      process.env['PAPILIO_PEERS'] = '/nowhere';
      expect(() => peers[0].make(realTask(512), board)).toThrow(
        '/nowhere/CMSIS-DSP has no Include/arm_math.h',
      );
    } finally {
      if (known === undefined) delete process.env['PAPILIO_PEERS'];
      else process.env['PAPILIO_PEERS'] = known;
    }
    expect(embeddedPeerNames).toEqual(['cmsis-dsp', 'kissfft']);
  });
});
