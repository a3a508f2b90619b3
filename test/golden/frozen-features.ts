/** Values by `name@version`; null stands for a missing value. */
export type FrozenFeatures = Readonly<Record<string, readonly (number | null)[] | undefined>>;

/** Equal to six digits: logarithms and sines may differ in the last bit between releases of Node. */
export function isSameValue(frozen: number | null, now: number): boolean {
  if (frozen === null) return Number.isNaN(now);
  return Math.abs(now - frozen) <= 1e-6 * Math.max(Math.abs(frozen), 1e-3);
}
