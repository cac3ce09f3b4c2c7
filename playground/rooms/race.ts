/** Race: transforms of several libraries on the visitor's machine. */
import { codeOf, readState, type State } from '../race/state.ts';
import { raceView } from '../race/view.ts';
import { room } from '../shell/room.ts';

export default room<State>({
  id: 'race',
  title: 'Race',
  about:
    'How fast is a transform on your machine? Every result is checked first; only what is right is timed.',
  order: 70,
  read: readState,
  mount: raceView,
  code: codeOf,
});
