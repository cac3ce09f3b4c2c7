/** All entry points together, for tests that go over every public name. */
export * from '../src/index.ts';
export * from '../src/learn.ts';
export * from '../src/front.ts';
export * from '../src/compiler.ts';
export * from '../src/files.ts';
export * from '../src/webgpu.ts';
