/** Front ends taken along a signal in chunks and in a worklet, for tests. */
import { vi } from 'vitest';
import type { FrontEnd } from '../../src/front/front-end.ts';
import type { FeatureStream } from '../../src/plans/feature-stream.ts';

/** Chunks of 1, 2, 3, ... samples, up to 128 and again. */
export function chunksOf(signal: Float64Array): Float64Array[] {
  const out: Float64Array[] = [];
  for (let at = 0, n = 1; at < signal.length; at += n, n = (n % 128) + 1) out.push(signal.slice(at, at + n));
  return out;
}

/** All numbers that a stream gives for chunks. */
export function streamed(to: FeatureStream, parts: readonly Float64Array[]): number[] {
  const out: number[] = [];
  const take = (count: number): unknown => out.push(...to.frames.subarray(0, count * to.width));
  for (const part of parts) take(to.push(part));
  take(to.flush());
  return out;
}

interface Processor {
  readonly port: { send(data: unknown): void };
  process(inputs: readonly (readonly Float32Array[])[]): boolean;
}
interface Posted {
  readonly kind: string;
  readonly frames?: Float32Array;
  readonly message?: string;
}

/** The module of the worklet in a scope made for it. */
export interface Worklet {
  make(options: object): Processor;
  readonly posted: Posted[];
  close(): void;
}

/** Imports the worklet afresh: it registers when it is first imported, and files may share a process. */
export async function loadWorklet(): Promise<Worklet> {
  let made: new (options: object) => Processor;
  const posted: Posted[] = [];
  vi.resetModules();
  vi.stubGlobal('sampleRate', 16000);
  vi.stubGlobal('registerProcessor', (_: string, processor: typeof made) => (made = processor));
  vi.stubGlobal(
    'AudioWorkletProcessor',
    class {
      port = {
        send: (_: unknown): void => undefined,
        start: (): void => undefined,
        addEventListener(_: string, listen: (event: { data: unknown }) => void): void {
          this.send = (data) => listen({ data });
        },
        postMessage: (message: Posted) => posted.push(message),
      };
    },
  );
  await import('../../src/worklet.ts');
  return {
    make: (options) => new made(options),
    posted,
    close() {
      vi.unstubAllGlobals();
      vi.resetModules();
    },
  };
}

/** What the worklet makes of a signal at the front end's own rate. Throws for a message of an error. */
export function workletFeatures(worklet: Worklet, front: FrontEnd, signal: Float32Array): number[] {
  vi.stubGlobal('sampleRate', front.head.sampleRate);
  worklet.posted.length = 0;
  const processor = worklet.make({ processorOptions: { head: structuredClone(front) } });
  for (let at = 0; at < signal.length; at += 128) processor.process([[signal.slice(at, at + 128)]]);
  processor.port.send('flush');
  const message = worklet.posted.find((m) => m.message)?.message;
  if (message) throw new Error(message);
  return worklet.posted.flatMap((m) => [...(m.frames ?? [])]);
}
