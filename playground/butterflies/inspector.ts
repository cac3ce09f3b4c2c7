/** One butterfly closely: what is done to it, its twiddle, and the numbers that go in and come out. */
import { button, segments, slider } from '../shell/controls.ts';
import { h } from '../shell/dom.ts';
import { Circle } from './circle.ts';
import { acts, placeOf, type Act, type Edit, type Edits } from './edits.ts';
import { nameOf } from './draw.ts';
import { editedBlock, twiddleOf, upperRow, type Drawn, type Wires } from './network.ts';

/** Bits that stand for all of them. */
const allBits = 13;
/** Three digits, and no zero with a sign. */
const digits = (x: number): string => Math.abs(x).toFixed(Math.abs(x) >= 9.995 ? 1 : 2);
const isNegative = (x: number): boolean => x < 0 && Number(digits(x)) !== 0;
/** A complex number as it is read. */
const complexText = (re: number, im: number): string =>
  `${isNegative(re) ? '−' : ''}${digits(re)}\u00a0${isNegative(im) ? '−' : '+'}\u00a0${digits(im)}i`;

type Change = { readonly [K in keyof Edit]?: Edit[K] | null };

export class Inspector {
  readonly element: HTMLElement;
  private readonly title = h('h2');
  private readonly empty = h(
    'p',
    { class: 'note' },
    'Choose a crossing in the network. With the keyboard: arrows move, S skips, R reverses, D drops, Q rounds to 4 bits, K keeps.',
  );
  private readonly body = h('div', { class: 'stack' });
  private readonly act;
  private readonly bits;
  private readonly circle: Circle;
  private readonly twiddle = h('p', { class: 'note' });
  private readonly plane = h('div');
  private readonly numbers = h('tbody');
  private exact: readonly [number, number] = [1, 0];

  constructor(change: (change: Change, merge?: string) => void) {
    const all = [['keep', 'Keep'], ...Object.entries(acts)] as [Act | 'keep', string][];
    this.act = segments('What becomes of it', all, (act) => change({ act: act === 'keep' ? null : act }));
    this.bits = slider(
      'Rounded to',
      { min: 1, max: allBits, step: 1 },
      (bits) => change({ bits: bits === allBits ? null : bits }, 'bits'),
      (bits) => (bits === allBits ? 'all its bits' : bits === 1 ? '1 bit' : `${bits} bits`),
    );
    this.circle = new Circle((w) => {
      const back = Math.hypot(w[0] - this.exact[0], w[1] - this.exact[1]) < 1e-9;
      change({ w: back ? null : w }, 'twiddle');
    });
    this.plane.append(this.circle.svg, this.twiddle);
    const table = h(
      'table',
      { class: 'figures' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'wire'),
          h('th', { scope: 'col', class: 'number' }, 'in'),
          h('th', { scope: 'col', class: 'number' }, 'out'),
        ),
      ),
      this.numbers,
    );
    this.body.append(
      this.act.element,
      this.plane,
      this.bits.element,
      table,
      h(
        'div',
        { class: 'buttons' },
        button('As it was', () => change({ act: null, w: null, bits: null }), 'quiet'),
      ),
    );
    this.element = h('div', { class: 'card stack' }, this.title, this.empty, this.body);
  }

  show(drawn: Drawn, edits: Edits, wires: readonly Wires[], selected: string | null): void {
    this.empty.hidden = selected !== null;
    this.body.hidden = selected === null;
    this.title.textContent = selected === null ? 'No butterfly chosen' : nameOf(selected, undefined);
    if (selected === null) return;
    const { column: c, butterfly: b } = placeOf(selected);
    const column = drawn.columns[c];
    const edit = edits.get(selected);
    this.act.show(edit?.act ?? 'keep');
    this.bits.show(edit?.bits ?? allBits);
    this.plane.hidden = column.width !== 2;
    if (column.width === 2) {
      this.exact = twiddleOf(column, editedBlock(column, b, undefined));
      const w = edit?.w ?? this.exact;
      this.circle.show(w, this.exact);
      this.twiddle.textContent = `w = ${complexText(w[0], w[1])}${edit?.w ? `, was ${complexText(...this.exact)}` : ''}`;
    }
    const top = upperRow(column.stride, b);
    this.numbers.replaceChildren(
      ...['upper', 'lower'].map((name, i) => {
        const row = top + i * column.stride;
        const cell = ({ re, im }: Wires): HTMLElement =>
          h('td', { class: 'number' }, complexText(re[row], im[row]));
        return h('tr', {}, h('th', { scope: 'row' }, name), cell(wires[c]), cell(wires[c + 1]));
      }),
    );
  }
}
