/** A picture of what every butterfly of a network does. */
import type { ButterflyState } from '../../learn.ts';
import { pageRgb } from './colors.ts';
import { colorKey } from './html.ts';
import { schemedImage } from './png.ts';
import type { Drawing } from './report.ts';

const stateColors: Readonly<Record<ButterflyState, readonly [number, number, number]>> = {
  active: [38, 110, 160],
  reverse: [110, 90, 170],
  skip: [150, 190, 120],
  'drop-sum': [240, 170, 60],
  'drop-difference': [215, 120, 50],
  part: [240, 200, 120],
  dead: [150, 150, 150],
};

/** States [stage][butterfly], first executed stage on top, with a legend. */
export function gateMapOf(state: readonly (readonly ButterflyState[])[]): Drawing {
  const [stages, butterflies] = [state.length, state.reduce((most, row) => Math.max(most, row.length), 0)];
  const cell = 4;
  const rowHeight = 14;
  const image = (): string =>
    schemedImage(
      `Map of ${stages} stages by ${butterflies} butterflies`,
      {
        width: butterflies * cell,
        height: stages * rowHeight,
        style: `max-width: ${Math.max(24, butterflies * 0.5)}rem; height: ${1.2 * stages}rem`,
      },
      (x, y, scheme) => {
        const gap = y % rowHeight === rowHeight - 1 || (butterflies <= 256 && x % cell === cell - 1);
        // Stages of a larger radix have fewer butterflies.
        const own = state[Math.floor(y / rowHeight)].at(Math.floor(x / cell));
        return gap || own === undefined ? pageRgb[scheme] : stateColors[own];
      },
    );
  const keys = (Object.keys(stateColors) as ButterflyState[])
    .map((s) => colorKey(`rgb(${stateColors[s].join(', ')})`, s))
    .join(' ');
  return { kind: 'picture', html: () => `<p>${keys}</p>${image()}` };
}
