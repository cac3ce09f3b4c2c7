/** Costs of machines against instructions that were counted, and bytes that were linked: scripts/machine-counts.ts. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countedPrograms, modelled } from '../../scripts/machine-counts.ts';
import { programCost } from '../../src/compiler/cost.ts';
import { countedMachines, machines, type Machine } from '../../src/compiler/machines.ts';
import { targetChain } from '../../src/plans/target-chain.ts';

interface Counts {
  readonly instructions: number;
  readonly flash: number;
}

const path = resolve(import.meta.dirname, '../fixtures/machine-counts.json');
const { counts } = JSON.parse(readFileSync(path, 'utf8')) as {
  counts: Record<Machine, Record<string, Counts>>;
};

describe('costs', () => {
  it('are held against counts of at least ten programs on every machine that has some', () => {
    expect(Object.keys(counts)).toEqual(countedMachines);
    for (const machine of countedMachines)
      expect(Object.keys(counts[machine])).toEqual(Object.keys(countedPrograms));
    expect(Object.keys(countedPrograms).length).toBeGreaterThanOrEqual(10);
  });

  it.each(Object.keys(countedPrograms))(
    'of %s are within 10 percent in instructions, 15 in flash',
    (name) => {
      const modelledOn = modelled(countedPrograms[name]().f);
      for (const machine of countedMachines) {
        const [own, model] = [counts[machine][name], modelledOn(machine)];
        const off = (key: keyof Counts): number => Math.abs(model[key] / own[key] - 1);
        expect(off('instructions'), `${machine}: ${model.instructions} for ${own.instructions}`).toBeLessThan(
          0.1,
        );
        expect(off('flash'), `${machine}: ${model.flash} for ${own.flash} bytes`).toBeLessThan(0.15);
      }
    },
  );

  it('of code that is a call are what stands in its place, not what runs', () => {
    const { program } = countedPrograms['real 128']().f;
    const { f32: soft } = machines['cortex-m0plus'].costs;
    if (soft === undefined) throw new Error('no costs');
    const { run, text } = programCost(program, soft);
    const slow = programCost(program, { ...soft, ops: { ...soft.ops, add: 1000, sub: 1000 } });
    expect(slow.text).toBe(text);
    expect(slow.run).toBeGreaterThan(5 * run);
  });

  it('choose other chains for other machines: without FPU what a stage loads and stores counts little', () => {
    const radices = (target: Machine) => {
      const chain = targetChain(256, 'real', 'f32', target);
      return chain?.kind === 'stages' ? chain.radices : null;
    };
    expect(radices('wasm')).toBeNull();
    expect(radices('cortex-m4f')).toEqual([16, 16]);
    expect(radices('cortex-m0plus')?.length).toBe(3);
    // Chains of fixed point are compared as the integers they become.
    const fixed = (target: Machine) => {
      const chain = targetChain(256, 'real', 'q15', target);
      return chain?.kind === 'stages' ? chain.radices : null;
    };
    expect(fixed('cortex-m4f')).toEqual([8, 4, 8]);
    expect(fixed('cortex-m0plus')).toEqual([8, 4, 8]);
  });
});
