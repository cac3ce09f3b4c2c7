/** Controls: a label and what it labels, brought up to a state by `show`. */
import { h, type Child } from './dom.ts';

export interface Control<T> {
  readonly element: HTMLElement;
  show(value: T): void;
}

let count = 0;
const freshId = (): string => `c${++count}`;

/** A label over a control. */
export function labelled(text: string, id: string, ...control: readonly Child[]): HTMLElement {
  return h('div', { class: 'field' }, h('label', { for: id }, text), ...control);
}

/** One of a list, from a menu. */
export function choice<T extends string | number>(
  text: string,
  all: readonly (readonly [value: T, name: string])[],
  changed: (value: T) => void,
): Control<T> {
  const id = freshId();
  const select = h(
    'select',
    { id, change: () => changed(all[select.selectedIndex][0]) },
    ...all.map(([value, name]) => h('option', { value }, name)),
  );
  return {
    element: labelled(text, id, select),
    show: (value) => (select.selectedIndex = all.findIndex(([v]) => v === value)),
  };
}

/** One of a few, as buttons side by side. */
export function segments<T extends string | number>(
  text: string,
  all: readonly (readonly [value: T, name: string])[],
  changed: (value: T) => void,
): Control<T> {
  const buttons = all.map(([value, name]) =>
    h('button', { type: 'button', 'aria-pressed': 'false', click: () => changed(value) }, name),
  );
  return {
    element: h('div', { class: 'segments', role: 'group', 'aria-label': text }, ...buttons),
    show: (value) => buttons.forEach((b, i) => b.setAttribute('aria-pressed', String(all[i][0] === value))),
  };
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** A number on a slider, its value beside it. */
export function slider(
  text: string,
  { min, max, step }: Range,
  changed: (value: number) => void,
  named: (value: number) => string = String,
): Control<number> & { limit(max: number): void; name(text: string): void } {
  const id = freshId();
  const output = h('output', { for: id });
  const title = h('span', {}, text);
  const input = h('input', { id, type: 'range', min, max, step, input: () => changed(Number(input.value)) });
  return {
    element: h('div', { class: 'field' }, h('label', { for: id }, title, ' ', output), input),
    show(value) {
      input.value = String(value);
      output.textContent = named(value);
    },
    limit: (most) => (input.max = String(most)),
    name: (name) => (title.textContent = name),
  };
}

/** A whole number that is typed. */
export function numeral(
  text: string,
  { min, max, step }: Range,
  changed: (value: number) => void,
): Control<number> {
  const id = freshId();
  const input = h('input', {
    id,
    type: 'number',
    min,
    max,
    step,
    inputmode: 'numeric',
    change: () => changed(Number(input.value)),
  });
  return {
    element: labelled(text, id, input),
    show(value) {
      if (document.activeElement !== input || Number(input.value) !== value) input.value = String(value);
    },
  };
}

/** Lines of text. */
export function lines(
  text: string,
  hint: string,
  changed: (value: string) => void,
): Control<string> & { problem(text: string): void } {
  const id = freshId();
  const note = h('p', { class: 'note', id: `${id}-note` }, hint);
  const area = h('textarea', {
    id,
    rows: 3,
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-describedby': `${id}-note`,
    input: () => changed(area.value),
  });
  return {
    element: h('div', { class: 'field' }, h('label', { for: id }, text), area, note),
    show(value) {
      if (area.value !== value) area.value = value;
    },
    problem(problem) {
      note.textContent = problem || hint;
      note.classList.toggle('wrong', problem !== '');
    },
  };
}

/** A button. `kind`: "main" for the one thing to do, "quiet" for what is seldom wanted. */
export const button = (
  text: string,
  click: () => void,
  kind: 'main' | 'plain' | 'quiet' = 'plain',
  title?: string,
): HTMLButtonElement => h('button', { type: 'button', class: kind, click, title }, text);

/** A figure with its name: error, count, size. */
export function tile(
  name: string,
  note = '',
): Control<string> & { note(text: string): void; busy(is: boolean): void } {
  const value = h('dd', {}, '–');
  const small = h('dd', { class: 'note' }, note);
  const element = h('div', { class: 'tile' }, h('dt', {}, name), value, small);
  return {
    element,
    show: (text) => (value.textContent = text),
    note: (text) => (small.textContent = text),
    busy: (is) => element.classList.toggle('busy', is),
  };
}
