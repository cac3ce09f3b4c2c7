/** The C that users get, as text to review: every change of it shows here. Update with vitest run -u. */
import { describe, expect, it } from 'vitest';
import { fftC, type CFiles } from '../../../src/compiler.ts';
import { exactFrontEnd, frontEndC } from '../../../src/front.ts';
import { featureHead } from '../../../src/index.ts';

/** The header and the source. */
const textOf = ({ files }: CFiles, name: string): string => `${files[`${name}.h`]}\n${files[`${name}.c`]}`;

describe('C as text', () => {
  it('a real transform of 16 points', () => {
    const files = fftC({ n: 16, input: 'real' }, { name: 'rfft16' });
    return expect(textOf(files, 'rfft16')).toMatchFileSnapshot('../../goldens/rfft16.c.txt');
  });
  it('a complex transform of 64 points with vectors', () => {
    const files = fftC({ n: 64 }, { name: 'fft64', target: 'x86-64' });
    return expect(textOf(files, 'fft64')).toMatchFileSnapshot('../../goldens/fft64.c.txt');
  });
  it('a front end of three bands, in floating and in fixed point', async () => {
    const bank = { kind: 'mel', bands: 3, fMin: 300, fMax: 3800 } as const;
    const head = featureHead('papilio', { sampleRate: 8000, nFft: 32, windowLength: 32, hop: 16, bank });
    for (const format of ['f32', 'q15'] as const) {
      const name = `mel3_${format}`;
      const files = frontEndC(exactFrontEnd(head), { name, format });
      await expect(textOf(files, name)).toMatchFileSnapshot(`../../goldens/${name}.c.txt`);
    }
  });
});
