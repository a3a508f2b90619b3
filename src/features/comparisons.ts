import { CATALOGUE } from './catalogue.js';
import type { Expression } from './expression.js';

function comparesWithReference({ leaf, inputs }: Expression): boolean {
  return leaf === 'other.close' || inputs.some(comparesWithReference);
}

/** Features that hold a series against the reference symbol. */
export const COMPARISONS: ReadonlySet<string> = new Set(
  CATALOGUE.filter(({ expression }) => comparesWithReference(expression)).map(({ name }) => name),
);
