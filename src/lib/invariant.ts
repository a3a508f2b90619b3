/** Narrows a value that the program's own logic guarantees; a failure is a defect, not bad input. */
export function assertDefined<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error(`Broken invariant: no ${what}`);
  return value;
}
