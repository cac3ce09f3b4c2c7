/** The state of the room: what kind of transform is raced. */
import { oneOf, type Raw } from '../shell/room.ts';

export const inputs = { complex: 'Complex', real: 'Real' } as const;
export type RaceInput = keyof typeof inputs;

export interface State {
  readonly input: RaceInput;
}

export const readState = (raw: Raw): State => ({
  input: oneOf(raw['input'], Object.keys(inputs) as RaceInput[], 'complex'),
});

export const codeOf = ({ input }: State): string =>
  `import { planFftSync } from 'papilio';
import { measure } from 'papilio/compiler';
import FFT from 'fft.js';

const n = 1024;
const plan = planFftSync({ n, input: '${input}' });
const rival = new FFT(n);
const [to, from] = [rival.createComplexArray(), rival.createComplexArray().map(() => Math.random() - 0.5)];
${
  input === 'real'
    ? 'plan.input.re.set(from.slice(0, n));\nconst turn = () => rival.realTransform(to, from);'
    : 'for (let i = 0; i < n; i++) [plan.input.re[i], plan.input.im[i]] = [from[2 * i], from[2 * i + 1]];\nconst turn = () => rival.transform(to, from);'
}

// In turn, in an order that rotates: medians, and half the distance between the quartiles.
for (const { name, ns, spread } of measure([
  { name: 'papilio', run: () => plan.run(), units: 1 },
  { name: 'fft.js', run: turn, units: 1 },
]))
  console.log(name, ns, '±', spread, 'ns');
`;
