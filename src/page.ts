/**
 * What dist/papilio.min.js holds, for `<script type="module">`: all of `papilio`, recordings, and front ends that were trained
 * elsewhere. No training, no search, nothing about networks.
 */
export * from './index.ts';
export { decodeFrontEnd, decodeWav, encodeWav } from './files.ts';
export { compileFrontEnd } from './front.ts';
export { backendByName } from './compiler.ts';
