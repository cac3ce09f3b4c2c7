/** The room as code over papilio alone. */
import { networksOf, type TrainedModel } from 'papilio/learn';

/** Numbers of a table: short where it is rounding, whole else. */
const numbers = (values: Float64Array): string => Array.from(values, (x) => String(x)).join(', ');

export function codeOf({ model, values }: TrainedModel, samples: readonly number[], name: string): string {
  const [network, ...rest] = networksOf(model);
  const tables = Object.entries(values).map(
    ([key, value]) => `  '${key}': Float64Array.of(${numbers(value)}),`,
  );
  const certified = rest.length === 0 && (network.direction === 'forward' || name === 'dft');
  return `import { countProgram } from 'papilio/compiler';
import { ${certified ? 'certify, ' : ''}chainMatrix, mapC, mapEsModule, mapOf, mapProgram, type Model } from 'papilio/learn';

// ${name}, ${network.n} points, as it stands in the playground.
const model: Model = ${JSON.stringify(model)};
const values = {
${tables.join('\n')}
};

// What it does to a signal.
const x = [${samples.join(', ')}];
const { n, re, im } = chainMatrix(model, values);
const spectrum = Array.from({ length: n }, (_, k) => {
  const sum = (part: Float64Array): number => x.reduce((s, v, j) => s + part[k * n + j] * v, 0);
  return [sum(re), sum(im)];
});
console.log(spectrum);

// What it costs, and its code.
const map = mapOf({ model, values });
console.log(countProgram(mapProgram(map, 1)));
console.log(mapEsModule(map).length, 'characters of JavaScript');
console.log(mapC(map, { name: 'kernel' }).files['kernel.c'].length, 'characters of C');
${
  certified
    ? `
// What is proven of its error, in float32, for any signal.
const part = model.parts[0];
if (part.kind === 'network') console.log(certify({ network: part.network, values }, { dtype: 'f32', target: '${name}' }).relativeTau);
`
    : ''
}`;
}
