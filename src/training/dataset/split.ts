/** Rows `from` to `to`, the latter excluded. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Three stretches of time, oldest first; between them lie the rows that purge and embargo removed. */
export interface Split {
  readonly train: RowRange;
  readonly validation: RowRange;
  readonly test: RowRange;
}

export interface SplitOptions {
  /** Share of the rows that trains, 0.7. */
  readonly trainFraction: number;
  /** Share that decides when to stop, 0.15; the rest is the test part. */
  readonly validationFraction: number;
  /** A row's label looks this far ahead: rows that look into the next part are purged. */
  readonly horizonBars: number;
  /** Further bars left out before each cut, so that neighbours do not carry over. */
  readonly embargoBars: number;
}

export function rowCount(range: RowRange): number {
  return Math.max(0, range.to - range.from);
}

/**
 * Splits rows in chronological order. The gap at each cut is taken from the older part's end, counted
 * in bars, not rows, because rows may be missing.
 *
 * @param barIndexes number of each row's bar, ascending
 */
export function splitRows(barIndexes: ArrayLike<number>, options: SplitOptions): Split {
  const rows = barIndexes.length;
  const validationFrom = Math.floor(rows * options.trainFraction);
  const testFrom = Math.floor(rows * (options.trainFraction + options.validationFraction) + 1e-9);
  return {
    train: { from: 0, to: endBefore(barIndexes, validationFrom, options) },
    validation: { from: validationFrom, to: endBefore(barIndexes, testFrom, options) },
    test: { from: testFrom, to: rows },
  };
}

/**
 * The same for a model that is continued, or that is a residual: its test part begins no earlier than `firstTestBar`, before
 * which the model has seen everything. Where no row is that late the test part is empty.
 */
export function splitBefore(
  barIndexes: ArrayLike<number>,
  firstTestBar: number,
  options: SplitOptions,
): Split {
  const rows = barIndexes.length;
  const usual = splitRows(barIndexes, options);
  let testFrom = usual.test.from;
  while (testFrom < rows && (barIndexes[testFrom] ?? Infinity) < firstTestBar) testFrom++;
  return {
    ...usual,
    validation: { from: usual.validation.from, to: endBefore(barIndexes, testFrom, options) },
    test: { from: testFrom, to: rows },
  };
}

/** First row whose label window or embargo touches the bar of row `cut`. */
function endBefore(barIndexes: ArrayLike<number>, cut: number, options: SplitOptions): number {
  const nextBar = barIndexes[cut];
  if (nextBar === undefined) return cut;
  const lastAllowed = nextBar - options.horizonBars - options.embargoBars - 1;
  let end = cut;
  while (end > 0 && (barIndexes[end - 1] ?? -Infinity) > lastAllowed) end--;
  return end;
}
