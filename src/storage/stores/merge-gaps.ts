/** Bars, first and last included, that a venue does not have. */
export interface KnownGap {
  readonly fromOpenTime: number;
  readonly toOpenTime: number;
  /** `empty`: nothing was traded. `missing`: the venue was asked again and has no bar. */
  readonly reason: 'empty' | 'missing';
}

/**
 * The ranges that `known` and `added` cover together, ascending and disjoint. Ranges of one reason
 * that touch become one; where both reasons claim a bar, the one that was known first stands.
 *
 * @param stepMs length of a bar
 */
export function mergeGaps(
  known: readonly KnownGap[],
  added: readonly KnownGap[],
  stepMs: number,
): readonly KnownGap[] {
  let merged: KnownGap[] = [...known];
  for (const gap of added) {
    const foreign = merged.filter((other) => other.reason !== gap.reason);
    merged = [...merged, ...uncovered(gap, foreign, stepMs)];
  }
  return join(merged, stepMs);
}

/** What `gap` covers beyond the `others`. */
function uncovered(gap: KnownGap, others: readonly KnownGap[], stepMs: number): KnownGap[] {
  let pieces: KnownGap[] = [gap];
  for (const other of others) {
    pieces = pieces.flatMap((piece) => [
      { ...piece, toOpenTime: Math.min(piece.toOpenTime, other.fromOpenTime - stepMs) },
      { ...piece, fromOpenTime: Math.max(piece.fromOpenTime, other.toOpenTime + stepMs) },
    ]);
    pieces = pieces.filter((piece) => piece.fromOpenTime <= piece.toOpenTime);
  }
  return pieces;
}

function join(gaps: readonly KnownGap[], stepMs: number): readonly KnownGap[] {
  const sorted = [...gaps].sort((one, other) => one.fromOpenTime - other.fromOpenTime);
  const joined: KnownGap[] = [];
  for (const gap of sorted) {
    const last = joined.at(-1);
    const touches = last?.reason === gap.reason && gap.fromOpenTime <= last.toOpenTime + stepMs;
    if (last === undefined || !touches) joined.push(gap);
    else
      joined[joined.length - 1] = {
        ...last,
        toOpenTime: Math.max(last.toOpenTime, gap.toOpenTime),
      };
  }
  return joined;
}
