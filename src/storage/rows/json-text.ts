/** JSON knows no NaN and no infinity and would silently make them null. */
const NOT_FINITE = '$number';

/** JSON text that keeps every number, also those that are not finite. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? { [NOT_FINITE]: String(part) } : part,
  );
}

/** The value that `toJson` was given. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key, part: unknown) =>
    isMarked(part) ? Number(part[NOT_FINITE]) : part,
  );
}

function isMarked(part: unknown): part is { [NOT_FINITE]: string } {
  return typeof part === 'object' && part !== null && NOT_FINITE in part;
}
