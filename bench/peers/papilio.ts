/** papilio itself: planar rows in the plan's own memory, written and read through its views; no copies in a run. */
import { planFftSync } from '../../src/index.ts';
import type { BackendName } from '../../src/compiler.ts';
import { planarBin, type Dtype, type Peer } from '../contender.ts';

export function papilio(name: string, dtype: Dtype, backend: BackendName): Peer {
  return {
    name,
    dtype,
    sizes: 'the sizes planFftSync has',
    // planFftSync says itself what it does not have: UnsupportedError.
    supports: () => true,
    make({ kind, n, batch }, signal) {
      const plan = planFftSync({ n, input: kind, batch, dtype, backend });
      plan.input.re.set(signal.re);
      plan.input.im?.set(signal.im);
      const { re, im } = plan.output;
      return { run: () => plan.run(), bin: planarBin(re, im ?? [], re.length / batch) };
    },
  };
}
