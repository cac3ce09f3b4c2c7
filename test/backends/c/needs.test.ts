/** What files of C say they need of a machine, held against compilers: flash as `size` counts it, RAM as `sizeof` has it. */
import { describe, expect, it } from 'vitest';
import type { CFiles } from '../../../src/backends/c/c-files.ts';
import { needsText } from '../../../src/backends/c/needs.ts';
import { boards, type BoardName } from '../../../bench/embedded/boards.ts';
import { countedMachines, type Machine } from '../../../src/compiler/machines.ts';
import { frontEndC, frontEndNeeds } from '../../../src/front/c.ts';
import { exactFrontEnd } from '../../../src/front/front-end.ts';
import { namedFeature } from '../../../src/front/feature-names.ts';
import { fftC } from '../../../src/plans/c-module.ts';
import { featureHead } from '../../../src/spectral/presets.ts';
import { hasCompiler, inFolder } from './native.ts';

const front = (preset: 'papilio' | 'kaldi' | 'whisper', target: Machine): CFiles =>
  frontEndC(exactFrontEnd(featureHead(preset)), { name: 'k', target });
const real = (n: number, target: Machine): CFiles => fftC({ n, input: 'real' }, { name: 'k', target });

const files: Record<string, (target: Machine) => CFiles> = {
  'real 512': (target) => real(512, target),
  'real 400': (target) => real(400, target),
  papilio: (target) => front('papilio', target),
  kaldi: (target) => front('kaldi', target),
  whisper: (target) => front('whisper', target),
};

const arms: Partial<Record<Machine, readonly string[]>> = {
  'cortex-m0plus': ['-mcpu=cortex-m0plus'],
  'cortex-m3': ['-mcpu=cortex-m3'],
  'cortex-m4f': ['-mcpu=cortex-m4', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'],
};

describe.skipIf(!hasCompiler('arm-none-eabi-gcc'))('flash', () => {
  const cases = [
    ...(Object.keys(arms) as Machine[]).map((target) => ['real 512', target] as const),
    ['real 400', 'cortex-m4f'],
    ['papilio', 'cortex-m0plus'],
    ['kaldi', 'cortex-m3'],
    ['whisper', 'cortex-m4f'],
  ] as const;
  it.each(cases)('of %s on %s is within 15 percent of what size counts', (name, target) => {
    const c = files[name](target);
    const size = inFolder(c.files, (run) => {
      const flags = ['-mthumb', ...(arms[target] ?? []), '-O2', '-std=c99', '-ffp-contract=fast'];
      run('arm-none-eabi-gcc', ...flags, '-c', 'k.c');
      return run('arm-none-eabi-size', 'k.o');
    });
    const [text, data, bss] = size.split('\n')[1].trim().split(/\s+/).map(Number);
    expect([data, bss]).toEqual([0, 0]);
    expect((c.needs?.flash ?? NaN) / text).toBeGreaterThan(0.85);
    expect((c.needs?.flash ?? NaN) / text).toBeLessThan(1.15);
  });
});

describe.skipIf(!hasCompiler('gcc'))('RAM', () => {
  it.each(['papilio', 'kaldi', 'whisper', 'welch'] as const)('of %s is the state of its stream', (name) => {
    const head = name === 'welch' ? namedFeature(name, 64).head : featureHead(name);
    const c = frontEndC(exactFrontEnd(head), { name: 'k' });
    const main =
      '#include <stdio.h>\n#include "k.h"\nint main(void) { printf("%d", (int)sizeof(k_state)); }\n';
    const size = inFolder({ ...c.files, 'main.c': main }, (run) => {
      run('gcc', 'main.c', '-o', 'main');
      return run('./main');
    });
    expect(c.needs?.ram).toBe(Number(size));
  });
});

const small = { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 4 } } as const;

describe('needs', () => {
  it('stand in the README, by function too', () => {
    const c = real(256, 'cortex-m4f');
    const { instructions = NaN, flash, ram } = c.needs ?? {};
    expect(needsText(c)).toBe(
      `For Cortex-M4 with FPU: about ${instructions} instructions a result, ${flash} bytes of flash, ${ram} bytes of RAM.`,
    );
    expect(c.files['README.md']).toContain(`${needsText(c)} Flash holds ${c.tableBytes} bytes of tables`);
    expect(c.files['README.md']).toContain(`| \`k\` | ${instructions} |`);
    const [samples, numbers] = ['in', 'out'].map((name) =>
      Number(new RegExp(` ${name}\\[(\\d+)\\]: `).exec(c.files['k.h'])?.[1]),
    );
    expect(samples).toBe(256);
    expect(numbers).toBeGreaterThanOrEqual(258);
    expect(ram).toBe(4 * (samples + numbers + c.functions[0].scratch));
  });

  it.skipIf(!hasCompiler('gcc')).each(['plain', 'arduino', 'zephyr', 'esp-idf'] as const)(
    'stand beside a call that compiles, and commands for the files of %s',
    (layout) => {
      const made = [
        fftC({ n: 64, input: 'real' }, { name: 'k', format: 'q15', layout }),
        fftC({ n: 64 }, { name: 'k', layout, overwrite: true }),
        frontEndC(exactFrontEnd(featureHead('papilio', small)), { name: 'k', layout, format: 'q31' }),
        frontEndC(exactFrontEnd(featureHead('whisper', small)), { name: 'k', layout }),
      ];
      for (const { files: all } of made) {
        const text = all['README.md'];
        const parts = /```c\n([^`]*)\n```/.exec(text)?.[1].split('\n\n') ?? [];
        const own = 'static const int16_t samples[160]; static int count = 160; static float reference;';
        const call = `{\n(void)samples; (void)count; (void)reference;\n${parts.pop()}\n}`;
        const main = `${parts.join('\n')}\n${own}\nint main(void);\nint main(void) ${call}\n`;
        const test = /`cc (.*) && \.\/a\.out`/.exec(text)?.[1].split(' ') ?? [];
        inFolder({ ...all, 'main.c': main }, (run) => {
          const include = test.filter((word) => word.startsWith('-I'));
          const strict = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter'];
          run('gcc', ...strict, ...include, '-c', 'main.c', '-o', 'main.o');
          run('gcc', ...test);
          return run('./a.out');
        });
      }
    },
  );

  it.each(countedMachines)('stand beside the command that they were counted with: %s', (target) => {
    const { compiler, flags } = boards[target as BoardName];
    const own = flags.filter((f) => !f.startsWith('-mcmodel'));
    expect(real(8, target).files['README.md']).toContain(
      `\`${compiler} ${own.join(' ')} -O2 -std=c99 -c k.c`,
    );
  });

  it('are not known where instructions are not counted', () => {
    const c = real(64, 'x86-64');
    expect(c.needs).toBeNull();
    // 64 real samples, room for 33 complex numbers and what vectors write behind them, scratch.
    const bytes = ['in', 'out'].map(
      (end) => 4 * Number(new RegExp(` ${end}\\[(\\d+)\\]: `).exec(c.files['k.h'])?.[1]),
    );
    expect(c.ram).toBe(bytes[0] + bytes[1] + 4 * c.functions[0].scratch);
    expect(needsText(c)).toBe(
      `For x86-64 with vectors, whose instructions are not counted: ${c.tableBytes} bytes of tables, ${c.ram} bytes of RAM.`,
    );
    expect(c.files['README.md']).toContain('| `k` | - |');
    for (const format of ['f64', 'q15', 'q31'] as const) {
      expect(fftC({ n: 64 }, { name: 'k', format, target: 'x86-64' }).needs).toBeNull();
      expect(fftC({ n: 64 }, { name: 'k', format }).needs?.instructions).toBeGreaterThan(1000);
    }
    expect(frontEndNeeds(exactFrontEnd(featureHead('kaldi')), 'wasm')).toBeNull();
  });

  it('of a front end are those of its files; of one that averages, instructions are per frame', () => {
    const kaldi = exactFrontEnd(featureHead('kaldi'));
    expect(frontEndNeeds(kaldi, 'cortex-m3')).toEqual(
      frontEndC(kaldi, { name: 'k', target: 'cortex-m3' }).needs,
    );
    const welch = exactFrontEnd(namedFeature('welch', 64).head);
    const { instructions = NaN } = frontEndC(welch, { name: 'k' }).needs ?? {};
    expect(frontEndNeeds(welch, 'cortex-m4f')?.instructions).toBeLessThan(instructions / 2);
  });
});
