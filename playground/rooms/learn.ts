/** Learn: training from a start that is not the answer, watched. */
import { readState, type State } from '../learn/state.ts';
import { learnView } from '../learn/view.ts';
import { commentText } from '../shell/code.ts';
import { room } from '../shell/room.ts';

export default room<State>({
  id: 'learn',
  title: 'Learn',
  about:
    'From random blocks to a fast transform, in seconds, in this page. Nobody tells it what a Fourier transform is.',
  order: 30,
  read: readState,
  mount: learnView,
  code({ target, n, blocks, start, seed, matrix }) {
    const own = target === 'matrix';
    const rows = commentText(matrix)
      .trim()
      .split('\n')
      .map((row) => ` *   ${row}`);
    return `${own ? `/*\n * Your matrix goes into matrixOf(n, (i, j) => [re, im]):\n${rows.join('\n')}\n */\n` : ''}import {
  defaultRadices,
  fit,
  recommendedPhases,
  startParameters,
  targetModel,
} from 'papilio/learn';

// ${own ? 'As with your matrix, of a named target' : `The ${target} of ${n} points`}, from a ${start} start.
const target = targetModel('${own ? 'dft' : target}', defaultRadices(${n}), '${blocks}');
const run = fit({
  model: target.model,
  target: { matrix: target.matrix },
  start: '${start}',
  seed: ${seed},
  phases: recommendedPhases(target.model),
  restarts: 0,
  initial: (start, seed) => startParameters('${own ? 'dft' : target}', target, start, seed),
});
let step = await run.next();
for (; !step.done; step = await run.next())
  if (step.value.step % 100 === 0) console.log(step.value.step, step.value.loss);
console.log('error on new signals', step.value.holdOut);
`;
  },
});
