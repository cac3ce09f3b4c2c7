/** Loading packages of bench/package.json, which the types of this repository do not know. */

/** Imports a package by name; the caller states the part of its API that it uses. */
export async function importPeer<T>(specifier: string): Promise<T> {
  return (await import(specifier)) as T;
}
