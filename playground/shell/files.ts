/** What goes out of the page and comes in: files and the clipboard. */
import { h } from './dom.ts';
import { zip } from './zip.ts';

/** Gives a file to the visitor. */
export function saveFile(name: string, content: Blob | Uint8Array | string): void {
  const blob = content instanceof Blob ? content : new Blob([content as BlobPart]);
  const url = URL.createObjectURL(blob);
  h('a', { href: url, download: name }).click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Gives one file, or several as an archive of this name. */
export function saveFiles(name: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  const [[only, content], ...more] = Object.entries(files);
  if (more.length === 0) saveFile(only, content);
  else saveFile(`${name}.zip`, zip(files));
}

/** Asks for a file; null where none is chosen. */
export function askFile(accept: string): Promise<File | null> {
  const input = h('input', { type: 'file', accept });
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve(input.files?.[0] ?? null));
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

/** Copies text; false where neither way is allowed. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages from files and older browsers.
    const area = h('textarea', { readonly: true, 'aria-hidden': 'true', class: 'unseen' });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
