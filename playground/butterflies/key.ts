/** What colours and forms of the drawing mean. */
import { phaseColor } from '../shell/colors.ts';
import { h, s } from '../shell/dom.ts';
import { lookOf } from './draw.ts';
import type { Edit } from './edits.ts';

const sign = (element: SVGElement): SVGSVGElement =>
  s('svg', { viewBox: '-9 -9 18 18', width: 18, height: 18, 'aria-hidden': 'true' }, element);

const phase = (name: string, re: number, im: number): HTMLElement =>
  h('li', {}, sign(s('circle', { r: 6, fill: phaseColor(re, im) })), name);

function form(name: string, edit: Edit | undefined): HTMLElement {
  const [d, kind] = lookOf(edit, 6);
  return h('li', {}, sign(s('g', { class: `node ${kind}` }, s('path', { d }))), name);
}

/** A line of both. */
export const keyOfDrawing = (): HTMLElement =>
  h(
    'ul',
    { class: 'key', 'aria-label': 'What colours and forms mean' },
    phase('phase 0', 1, 0),
    phase('90°', 0, 1),
    phase('180°', -1, 0),
    phase('270°', 0, -1),
    form('as it was', undefined),
    form('turned or rounded', { bits: 4 }),
    form('skipped', { act: 'skip' }),
    form('reversed', { act: 'reverse' }),
    form('dropped', { act: 'drop' }),
  );
