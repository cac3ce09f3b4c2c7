/** Listen: sound in, spectrum and features of it, by the front end of one's choice. */
import { codeOf, readState, type State } from '../listen/state.ts';
import { listenView } from '../listen/view.ts';
import { room } from '../shell/room.ts';

export default room<State>({
  id: 'listen',
  title: 'Listen',
  about:
    'Sound, as a machine hears it. Speak, or drop a recording; choose what is computed, and how exactly. Nothing leaves this page.',
  order: 10,
  read: readState,
  mount: listenView,
  code: codeOf,
});
