/** What main.c prints, by the library: the same samples, the same front end, chunk by chunk. */
import { stream } from 'papilio';

let phase = 0;
/** A block of 10 ms of the signal of main.c. */
function readSamples(): Int16Array {
  return Int16Array.from({ length: 160 }, () => {
    const x = phase - 131072;
    const y = ((x >> 3) * ((131072 - Math.abs(x)) >> 3)) >> 14;
    phase = (phase + 7209) & 262143;
    return y;
  });
}

const front = stream('kaldi');

function print(frames: number): void {
  for (let f = 0; f < frames; f++) {
    const row = front.frames.subarray(f * front.width, (f + 1) * front.width);
    // Rounded as the board does it, in float32.
    const text = Array.from(row, (x) =>
      String(Math.trunc(Math.fround(Math.fround(x * 100) + (x < 0 ? -0.5 : 0.5)))),
    );
    console.log(` ${text.join(' ')}`);
  }
}

for (let block = 0; block < 30; block++)
  print(front.push(Float32Array.from(readSamples(), (x) => x / 32768)));
print(front.flush());
