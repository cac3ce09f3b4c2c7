/** Fixed point has the same bits everywhere: js and wasm, and C in test/backends/c, against the interpreter. */
import { describe, expect, it } from 'vitest';
import { jsBackend } from '../../src/backends/js.ts';
import { referenceBackend } from '../../src/backends/reference.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { cases, runProgram } from '../helpers.ts';
import { fixedOf, frontGraphs, fullScale, linearGraphs } from '../fixed.ts';
import { integerCase } from '../integers.ts';

const backends = [jsBackend, wasmBackend];

describe('js and wasm', () => {
  it('ops of integers', () => {
    for (const [name, { program, values }] of Object.entries(integerCase())) {
      const expected = runProgram(referenceBackend, program, values);
      for (const b of backends) expect(runProgram(b, program, values), `${name} ${b.name}`).toEqual(expected);
    }
  });
  it.each(['q15', 'q31'] as const)('transforms, networks and front ends, %s', (name) => {
    for (const [what, graph] of [...linearGraphs(), ...frontGraphs()]) {
      const { program } = fixedOf(graph, name);
      for (const values of fullScale(program, name, cases(5, 100))) {
        const expected = runProgram(referenceBackend, program, values);
        for (const b of backends)
          expect(runProgram(b, program, values), `${what} ${b.name}`).toEqual(expected);
      }
    }
  });
});
