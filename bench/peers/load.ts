/** Loading packages of bench/package.json, which the types of this repository do not know. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Imports a package by name; the caller states the part of its API that it uses. */
export async function importPeer<T>(specifier: string): Promise<T> {
  return (await import(specifier)) as T;
}

/** The same for CommonJS packages whose exports change after loading. */
export const requirePeer = <T>(specifier: string): T => require(specifier) as T;
