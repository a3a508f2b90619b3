/** What could not be computed is shown as nothing. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
