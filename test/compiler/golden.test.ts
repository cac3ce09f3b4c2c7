/** Generated code is reviewed text: a refactor shows an empty diff. Update with vitest run -u. */
import { describe, expect, it } from 'vitest';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { printGraph, printProgram } from '../../src/compiler/print.ts';
import { printJavaScript } from '../../src/backends/js.ts';
import { wasmModule } from '../../src/backends/wasm/wasm.ts';
import { printModule } from '../../src/backends/wasm/emitter.ts';
import { argument, exprCarrier } from '../../src/ir/expr.ts';
import { access, input, loop } from '../../src/ir/graph.ts';
import { describePlan, planGraph } from '../../src/plans/plan.ts';

describe('golden', () => {
  const { graph } = planGraph({ n: 8 });
  const program = compileGraph(graph, { dtype: 'f32' });
  it('graph', () => expect(printGraph(graph)).toMatchFileSnapshot('../goldens/fft8.graph.txt'));
  it('program', () =>
    expect(printProgram(program, { bodies: true })).toMatchFileSnapshot('../goldens/fft8.program.txt'));
  it('JavaScript', () => expect(printJavaScript(program)).toMatchFileSnapshot('../goldens/fft8.js.txt'));
  it('JavaScript of a nest: a table, a shared index, partial sums', () => {
    const [y] = loop({
      label: 'bands',
      space: [3, 8],
      loads: [
        { tensor: input('x', [32]), access: access(0, Int32Array.of(0, 7, 9), 1) },
        { tensor: input('w', [24]), access: access(0, 8, 1) },
      ],
      body: [exprCarrier.mul(argument(0), argument(1))],
      stores: [{ result: 0, access: access(0, 1, 0), combine: 'sum' }],
      shapes: [[3]],
    });
    const bands = compileGraph({ outputs: { y } }, { dtype: 'f32' });
    return expect(printJavaScript(bands)).toMatchFileSnapshot('../goldens/bands.js.txt');
  });
  it('WebAssembly', () => {
    const small = compileGraph(planGraph({ n: 32, input: 'real' }).graph, { dtype: 'f32' });
    return expect(printModule(wasmModule(small))).toMatchFileSnapshot('../goldens/rfft32.wat');
  });
  it('chains', () => {
    const sizes = [
      1,
      2,
      3,
      8,
      31,
      37,
      64,
      100,
      128,
      400,
      441,
      480,
      512,
      960,
      1000,
      1021,
      1920,
      4093,
      8192,
      1 << 20,
    ];
    const lines = sizes.map((n) => JSON.stringify(describePlan({ n }).chain));
    return expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../goldens/chains.txt');
  });
  it('plans', () => {
    const plans = [64, 128, 512, 1024].map((n) =>
      printProgram(compileGraph(planGraph({ n }).graph, { dtype: 'f32' })),
    );
    return expect(plans.join('\n')).toMatchFileSnapshot('../goldens/plans.txt');
  });
});
