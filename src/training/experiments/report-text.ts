import type { VariantComparison } from './experiment-report.js';

const MEASURE_WORDS = { skill: 'skill', direction_skill: 'direction skill' } as const;

/** One comparison as a sentence: `no calendar: no difference shown in skill (+0.0002 [-0.0011, +0.0014], p 1.00)`. */
export function comparisonText(
  one: Pick<
    VariantComparison,
    'variant' | 'measure' | 'estimate' | 'lower' | 'upper' | 'adjustedPValue' | 'verdict' | 'pairs'
  >,
): string {
  const { variant, measure, verdict, pairs } = one;
  const words = MEASURE_WORDS[measure];
  if (pairs === 0) return `${variant}: nothing to compare in ${words} yet`;
  const said = verdict === 'no difference shown' ? `${verdict} in ${words}` : `${verdict} ${words}`;
  return `${variant}: ${said} (${intervalText(one)}, p ${one.adjustedPValue.toFixed(3)})`;
}

/** `+0.0002 [-0.0011, +0.0014]`; a dash for what is not known. */
export function intervalText({
  estimate,
  lower,
  upper,
}: Pick<VariantComparison, 'estimate' | 'lower' | 'upper'>): string {
  return `${signed(estimate)} [${signed(lower)}, ${signed(upper)}]`;
}

export function signed(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  return `${value >= 0 ? '+' : '-'}${Math.abs(value).toFixed(4)}`;
}
