/** Elements in one call each. */
type Value = string | number | boolean | null | undefined | ((event: never) => void);
type Attributes = Readonly<Record<string, Value>>;
export type Child = Node | string | null | false;

function fill(element: Element, attributes: Attributes, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.filter((c) => c !== null && c !== false));
}

/** Sets an attribute, or listens where the value is a function; null, undefined and false take it away. */
export function set(element: Element, name: string, value: Value): void {
  if (typeof value === 'function') element.addEventListener(name, value as EventListener);
  else if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

/** An element of HTML. Functions among the attributes listen to the event of their name. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/** An element of SVG. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  fill(element, attributes, children);
  return element;
}

/** Asked for less motion? */
export const isCalm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Calls back with the width of an element whenever it changes, once at first. Returns what ends that. */
export function onWidth(element: Element, call: (width: number) => void): () => void {
  let last = 0;
  const observer = new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width === 0 || width === last) return;
    last = width;
    // What is drawn anew changes heights, which an observer may not do while it observes.
    requestAnimationFrame(() => call(width));
  });
  observer.observe(element);
  return () => observer.disconnect();
}
