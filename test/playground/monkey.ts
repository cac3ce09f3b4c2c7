/** A monkey: clicks, keys and drags at random places of the page, the same for the same seed. */
import type { Tab } from './chromium.ts';

/** Numbers from 0 to 1, xorshift. */
export function randomOf(seed: number): () => number {
  let x = (seed * 2654435761) >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x / 2 ** 32;
  };
}

const keys = [
  'Tab',
  'Enter',
  ' ',
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Escape',
  's',
  'r',
  'd',
  'q',
  'k',
  '7',
];

/** What can be pressed and is seen: buttons, tabs, menus, sliders, drawings. */
const places = `[...document.querySelectorAll('button, [role=tab], [role=button], select, input, textarea, canvas, .knob, svg')]
  .filter((e) => e.checkVisibility() && !e.disabled && e.getBoundingClientRect().width > 0)`;

/** Plays for so many seconds; returns what was done last, for reports of what went wrong. */
export async function play(tab: Tab, seed: number, seconds: number): Promise<string[]> {
  const random = randomOf(seed);
  const done: string[] = [];
  // Files would ask the visitor.
  await tab.value(`HTMLInputElement.prototype.showPicker = HTMLAnchorElement.prototype.click = () => undefined;
    const own = HTMLInputElement.prototype.click;
    HTMLInputElement.prototype.click = function () { if (this.type !== 'file') own.call(this); };`);
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end && tab.errors.length === 0) {
    const dice = random();
    if (dice < 0.25) {
      const key = keys[Math.floor(random() * keys.length)];
      done.push(`key ${key}`);
      await tab.key(key);
    } else if (dice < 0.3) {
      done.push('menu of choices');
      await tab.value(`(() => {
        const all = [...document.querySelectorAll('select')].filter((e) => e.checkVisibility());
        const one = all[Math.floor(${random()} * all.length)];
        if (!one) return;
        one.selectedIndex = Math.floor(${random()} * Math.min(7, one.options.length));
        one.dispatchEvent(new Event('change', { bubbles: true }));
      })()`);
    } else if (dice < 0.34) {
      done.push('undo or redo');
      await tab.key('z', 'Control', ...(random() < 0.5 ? (['Shift'] as const) : []));
    } else {
      const at = await tab.value<{ x: number; y: number; name: string } | null>(`(() => {
        const all = ${places};
        const one = all[Math.floor(${random()} * all.length)];
        if (!one) return null;
        one.scrollIntoView({ block: 'nearest', behavior: 'instant' });
        const { x, y, width, height } = one.getBoundingClientRect();
        return { x: x + ${random()} * width, y: y + ${random()} * height, name: one.getAttribute('aria-label') ?? one.textContent.slice(0, 30) };
      })()`);
      if (!at) continue;
      done.push(`pointer on ${at.name}`);
      const to = { x: at.x + (random() - 0.5) * 80, y: at.y + (random() - 0.5) * 80 };
      if (dice < 0.45) await tab.drag(at, to);
      else {
        await tab.pointer('mousePressed', at.x, at.y);
        await tab.pointer('mouseReleased', at.x, at.y);
        // A menu that opened would take what comes.
        if (at.name === '') await tab.key('Escape');
      }
    }
  }
  return done.slice(-12);
}
