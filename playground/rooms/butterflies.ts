/** Butterflies: a network drawn, changed by hand, and what comes of it. */
import { codeOf } from '../butterflies/code.ts';
import { editsOf } from '../butterflies/edits.ts';
import { editedModel } from '../butterflies/network.ts';
import { signalOf } from '../butterflies/signal.ts';
import { drawnOf, readState, type State } from '../butterflies/state.ts';
import { butterfliesView } from '../butterflies/view.ts';
import { room } from '../shell/room.ts';

export default room<State>({
  id: 'butterflies',
  title: 'Butterflies',
  about:
    'A fast transform, drawn. Colour is phase, size is size. Choose a crossing, break it or turn it, and see what it costs you.',
  order: 20,
  read: readState,
  mount: butterfliesView,
  code(state) {
    const drawn = drawnOf(state);
    const { columns, n } = drawn;
    const trained = editedModel(drawn, editsOf(state.edits, columns.length, n / 2));
    return codeOf(trained, [...signalOf(state.signal, state.at, state.own, n).re], state.target);
  },
});
