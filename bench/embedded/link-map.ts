/** What is left of each object in a linked program, by the map that the linker writes. */

/** Bytes: code, constants and the initial values of variables; constants alone; variables. */
export interface Sizes {
  readonly flash: number;
  readonly tables: number;
  readonly ram: number;
}

/** Kinds of output sections; others hold no part of a program. */
const kinds: readonly (readonly [RegExp, readonly (keyof Sizes)[]])[] = [
  [/^\.(text|init_array|ARM\.ex)/, ['flash']],
  [/^\.s?rodata/, ['flash', 'tables']],
  [/^\.s?data/, ['flash', 'ram']],
  [/^\.s?bss/, ['ram']],
];

/** Sizes by the name of the object's file, without its folder. Sections that the linker dropped do not count. */
export function sizesOf(map: string): Map<string, Sizes> {
  // What was dropped is listed before the memory map.
  const text = map.slice(map.indexOf('Linker script and memory map'));
  const sizes = new Map<string, Sizes>();
  // A long name of a section stands on a line of its own. An output section starts at the margin, its parts one space further in.
  for (const [, section, size, file] of text.matchAll(/^ (\.\S+)\s+0x[\da-f]+\s+0x([\da-f]+) (\S+\.o)$/gm)) {
    const kind = kinds.find(([pattern]) => pattern.test(section))?.[1];
    if (!kind) continue;
    const name = file.split('/').at(-1) as string;
    const own: Record<keyof Sizes, number> = { flash: 0, tables: 0, ram: 0, ...sizes.get(name) };
    for (const key of kind) own[key] += parseInt(size, 16);
    sizes.set(name, own);
  }
  return sizes;
}
