/** Parity: the settings of an unknown front end, from what it made of a sound. */
import { codeOf, readState, type State } from '../parity/state.ts';
import { parityView } from '../parity/view.ts';
import { room } from '../shell/room.ts';

export default room<State>({
  id: 'parity',
  title: 'Parity',
  about:
    'Which settings made these features? Give a sound and what another program made of it; get the settings, to the last one.',
  order: 60,
  read: readState,
  mount: parityView,
  code: codeOf,
});
