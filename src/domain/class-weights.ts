/** Rows of each class: SELL, HOLD, BUY. */
export type ClassCounts = readonly [sell: number, hold: number, buy: number];

export type ClassWeights = readonly [sell: number, hold: number, buy: number];

/** `auto` weighs only where the rarest class is under a quarter of the rows; `off` never. */
export type ClassWeightMode = 'auto' | 'off';

const RARE_SHARE = 0.25;

/**
 * Weights of the classes, or undefined for 1, 1, 1. Balanced weights are `rows / (classes · count)`,
 * as in scikit-learn's `class_weight="balanced"`; a class without rows keeps the weight 1.
 */
export function findClassWeights(
  counts: ClassCounts,
  mode: ClassWeightMode,
): ClassWeights | undefined {
  const rows = counts[0] + counts[1] + counts[2];
  if (mode === 'off' || rows === 0) return undefined;
  if (Math.min(...counts) / rows >= RARE_SHARE) return undefined;
  const weightOf = (count: number): number => (count === 0 ? 1 : rows / (counts.length * count));
  return [weightOf(counts[0]), weightOf(counts[1]), weightOf(counts[2])];
}
