/**
 * npm run c-check: the C of transforms, models and front ends, compiled without a warning by gcc, clang and the cross compilers of a
 * Cortex-M0+, an M4F and an RV32, and its own test run on each: here, and under QEMU. What is not installed is skipped, with the reason.
 * Prints a line per model and machine, and how many passed and failed; exit code 1 for a failure.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { boards, unavailable, type Board } from '../bench/embedded/boards.ts';
import { inFolder, runOnBoard } from '../bench/embedded/run.ts';
import { fftC, type CFiles, type CFormat } from '../src/compiler.ts';
import { decodeCheckpoint } from '../src/files.ts';
import { exactFrontEnd, frontEndC } from '../src/front.ts';
import { featureHead, type PresetName } from '../src/index.ts';
import { mapC, mapOf } from '../src/learn.ts';

const fixtures = resolve(import.meta.dirname, '../test/fixtures/v1');
const name = 'model';

const preset = (of: PresetName, format: CFormat = 'f32'): CFiles =>
  frontEndC(exactFrontEnd(featureHead(of)), { name, format });

/** The C of a checkpoint of an earlier version. */
function stored(file: string): CFiles {
  const found = decodeCheckpoint(readFileSync(join(fixtures, `${file}.safetensors`)), file);
  return found.kind === 'model' ? mapC(mapOf(found), { name }) : frontEndC(found.front, { name });
}

const models: Readonly<Record<string, () => CFiles>> = {
  'real 512': () => fftC({ n: 512, input: 'real' }, { name, overwrite: true }),
  'real 400': () => fftC({ n: 400, input: 'real' }, { name }),
  'complex 256': () => fftC({ n: 256 }, { name }),
  'complex 101': () => fftC({ n: 101 }, { name }),
  'real 480, inverse': () => fftC({ n: 480, input: 'real', inverse: true }, { name }),
  'complex 64, float64': () => fftC({ n: 64 }, { name, format: 'f64' }),
  'real 256, q15': () => fftC({ n: 256, input: 'real' }, { name, format: 'q15' }),
  'complex 60, q31': () => fftC({ n: 60 }, { name, format: 'q31', overwrite: true }),
  'log-mel, q15': () => preset('papilio', 'q15'),
  'log-mel, q31': () => preset('papilio', 'q31'),
  kaldi: () => preset('kaldi'),
  whisper: () => preset('whisper'),
  'a learned cosine transform': () => stored('fit-dct2'),
  'a learned front end': () => stored('made-by-learn'),
  'a front end of branches': () => stored('spectral-streams'),
  gates: () => stored('transform-gates-skip-hard'),
};

const strict = ['-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-pedantic', '-Werror'];

/** Null, or what is wrong with a model on this machine. */
function here(compiler: string, files: CFiles): string | null {
  return inFolder((folder) => {
    for (const [file, text] of Object.entries(files.files)) writeFileSync(join(folder, file), text);
    const flags = ['-std=c99', '-O2', '-ffp-contract=off', ...strict];
    const sources = [`${name}.c`, `${name}_test.c`];
    const built = spawnSync(compiler, [...flags, ...sources, '-o', 'run'], { cwd: folder, encoding: 'utf8' });
    if (built.status !== 0) return built.stderr.split('\n')[0];
    const run = spawnSync(join(folder, 'run'), { encoding: 'utf8' });
    return run.stdout === `${name}: 0 wrong, every bit equal\n` ? null : run.stdout.trim();
  });
}

/** The same under an emulator. */
function onBoard(board: Board, { files }: CFiles): string | null {
  const sources = { [`${name}.c`]: files[`${name}.c`], [`${name}.h`]: files[`${name}.h`] };
  const main = `int ${name}_test(void);\nint main(void);\nint main(void) { return ${name}_test(); }\n`;
  try {
    runOnBoard(board, {
      sources,
      harness: { [`${name}_test.c`]: files[`${name}_test.c`], 'test_main.c': main },
      flags: ['-std=c99', '-O2', '-ffp-contract=off', `-D${name.toUpperCase()}_TEST_NO_MAIN`, ...strict],
    });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Check = (files: CFiles) => string | null;

/** How a model is checked, by machine; the reason where that is not possible. */
const machines: [string, Check | string][] = [
  ...['gcc', 'clang'].map((compiler): [string, Check | string] => [
    compiler,
    spawnSync(compiler, ['--version']).status === 0
      ? (files) => here(compiler, files)
      : `${compiler} is not installed`,
  ]),
  ...(['cortex-m0plus', 'cortex-m4f', 'riscv32'] as const).map((of): [string, Check | string] => {
    const board = boards[of];
    return [of, unavailable(board) ?? ((files) => onBoard(board, files))];
  }),
];

let [passed, failed] = [0, 0];
for (const [machine, check] of machines) {
  if (typeof check === 'string') console.log(`skipped ${machine}: ${check}`);
  else
    for (const [model, make] of Object.entries(models)) {
      const wrong = check(make());
      if (wrong === null) passed++;
      else failed++;
      console.log(
        `${wrong === null ? 'ok     ' : 'FAILED '} ${machine}: ${model}${wrong === null ? '' : `: ${wrong}`}`,
      );
    }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
