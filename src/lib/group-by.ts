/** The rows by a key, keys and rows in the order in which they come. `Map.groupBy` wants Node 21. */
export function groupBy<T, Key>(rows: Iterable<T>, keyOf: (row: T) => Key): ReadonlyMap<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
