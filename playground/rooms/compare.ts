/** Compare: two front ends of one recording, side by side. */
import { codeOf, readState, type State } from '../compare/state.ts';
import { compareView } from '../compare/view.ts';
import { room } from '../shell/room.ts';

export default room<State>({
  id: 'compare',
  title: 'Compare',
  about:
    'Two front ends, or two of your models, on one sound: what each computes, where they differ, in which stage, and what each costs.',
  order: 50,
  read: readState,
  mount: compareView,
  code: codeOf,
});
