/** A transform with all that stands behind it as a WebAssembly module that needs nothing else but `fftLoader`. */
import { binCount } from '../model/network.ts';
import { transformWasm, type TransformEnds } from '../plans/module.ts';
import { transformProgram, type CorrectedTransform } from './corrected-transform.ts';

/** The ends of `transformModule`. */
export const correctedEnds = ({ network: { input } }: CorrectedTransform): TransformEnds => ({
  input: input === 'real' ? ['re'] : ['re', 'im'],
  output: ['re', 'im'],
  dtype: 'f32',
});

/** kernel.wasm of one transform: `input.re` (and `input.im`) [n], `output.re` and `output.im` [bins], float32. */
export function transformModule(t: CorrectedTransform): Uint8Array {
  const program = transformProgram(t, 1);
  const { n, input, direction, norm } = t.network;
  const view = (
    buffers: Readonly<Record<string, number>>,
    from: string,
    to: string,
    length: number,
  ): [string, number, number][] =>
    from in buffers ? [[to, program.buffers[buffers[from]].offset, length]] : [];
  const bins = binCount(t.network);
  return transformWasm(program, {
    transform: { n, input, direction, norm },
    input: [...view(program.inputs, 're', 're', n), ...view(program.inputs, 'im', 'im', n)],
    output: [...view(program.outputs, 'outRe', 're', bins), ...view(program.outputs, 'outIm', 'im', bins)],
    count: 1,
    inputStep: 0,
    outputStep: 0,
  });
}
