/** papilio compile: a checkpoint to standalone WebAssembly with its loader, or to text for reading. */
import { join } from 'node:path';
import {
  compileGraph,
  inferenceGraph,
  printJavaScript,
  printModule,
  standaloneLoader,
  standaloneModule,
  wasmModule,
} from '../index.ts';
import type { Command, FlagValues } from './args.ts';
import { ensureFolder, writeAtomic } from './files.ts';
import { readModel } from './model-file.ts';

async function run(operands: string[], flags: FlagValues): Promise<void> {
  const model = readModel(operands[0]);
  const program = compileGraph(inferenceGraph(model), { dtype: 'f32' });
  const to = flags.text('to');
  if (to === 'wat' || to === 'js') {
    process.stdout.write(to === 'wat' ? printModule(wasmModule(program, true)) : printJavaScript(program));
    return;
  }
  const out = flags.text('out');
  ensureFolder(out);
  const bytes = standaloneModule(model);
  writeAtomic(join(out, 'kernel.wasm'), bytes);
  writeAtomic(join(out, 'kernel.js'), standaloneLoader);
  process.stdout.write(`written to ${out}: kernel.wasm (${bytes.length} bytes), kernel.js\n`);
}

export const compileCommand: Command = {
  name: 'compile',
  operands: '<checkpoint>',
  summary: 'compile a checkpoint to standalone WebAssembly',
  flags: {
    to: {
      kind: 'string',
      default: 'wasm',
      choices: ['wasm', 'wat', 'js'],
      help: 'wasm files, or text of the generated code on standard output',
    },
    out: { kind: 'string', default: 'out', help: 'folder for kernel.wasm and kernel.js' },
  },
  run,
};
