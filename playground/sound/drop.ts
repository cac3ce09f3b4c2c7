/** Files that are dropped on an element, or asked for. */
import { askFile } from '../shell/files.ts';
import { clipOfFile, keepOwn } from './clips.ts';

/** Takes files that are dropped on an element. */
export function onDrop(element: HTMLElement, take: (file: File) => void): void {
  element.addEventListener('dragover', (e) => {
    if (!e.dataTransfer?.types.includes('Files')) return;
    e.preventDefault();
    element.classList.add('over');
  });
  element.addEventListener('dragleave', () => element.classList.remove('over'));
  element.addEventListener('drop', (e) => {
    element.classList.remove('over');
    const file = e.dataTransfer?.files[0];
    if (!file) return;
    e.preventDefault();
    take(file);
  });
}

/** Makes the visitor's own sound of a file; what went wrong in words, empty where nothing did. */
export async function openSound(file: File): Promise<string> {
  try {
    keepOwn(await clipOfFile(file));
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

export const askSound = (): Promise<File | null> => askFile('audio/*,.wav');
