const MAX_NAMES = 3;

/**
 * The names most similar to `wanted`, nearest first, for an error message that helps: names that contain
 * it, and names that differ in at most a third of its letters.
 */
export function findNearNames(wanted: string, names: Iterable<string>): string[] {
  const text = wanted.toLowerCase();
  const limit = Math.max(1, Math.floor(text.length / 3));
  const near: { name: string; distance: number }[] = [];
  for (const name of names) {
    const distance = distanceTo(name.toLowerCase(), text);
    if (distance <= limit) near.push({ name, distance });
  }
  near.sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name));
  return near.slice(0, MAX_NAMES).map(({ name }) => name);
}

function distanceTo(name: string, text: string): number {
  if (text.length >= 3 && name.includes(text)) return 0.5;
  return editDistance(name, text);
}

/** Letters to insert, delete or replace (Levenshtein), one row of the table at a time. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const shifted = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, shifted));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
