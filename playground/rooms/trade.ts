/** Trade: error against work, on one's own recording. */
import { room } from '../shell/room.ts';
import { codeOf, readState, type State } from '../trade/state.ts';
import { tradeView } from '../trade/view.ts';

export default room<State>({
  id: 'trade',
  title: 'Trade',
  about:
    'How much error buys how much work. Set what you can bear on your own sound, hear it, and take the front end away.',
  order: 40,
  read: readState,
  mount: tradeView,
  code: codeOf,
});
