/** A copy without some properties. They may also be missing: a stored row is often handed in as a plain one. */
export function omit<T extends object, K extends string>(
  value: T,
  properties: readonly K[],
): Omit<T, K> {
  const left: readonly string[] = properties;
  const kept = Object.entries(value).filter(([property]) => !left.includes(property));
  // Only entries were taken away.
  return Object.fromEntries(kept) as Omit<T, K>;
}

/** What a database adds to a row by itself and never takes from outside. */
export const LOCAL_PROPERTIES = ['id', 'rowVersion', 'createdAt'] as const;
