/** What is known of the error of a learned front end, in words. */

/**
 * What is known of the error of a learned front end, in words, by the report of its file; empty for one that does not say. `papilio compile`
 * writes it into the header and the README.md of C.
 */
export function errorStatement(report: Readonly<Record<string, unknown>>): string {
  const { budget, validationError, estimate, structure } = report;
  const { mean, margin } = (estimate ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof validationError !== 'number' || typeof mean !== 'number' || typeof margin !== 'number')
    return '';
  const within = typeof budget === 'number' && Number.isFinite(budget) ? `, for a budget of ${budget}` : '';
  return (
    `Learned: ${String(structure)}. The mean |difference| of its numbers from exact ones, in log10, is ${validationError.toFixed(4)} on validation ` +
    `recordings; of others, nine of ten sets stay below ${(mean + margin).toFixed(4)}${within}.`
  );
}
