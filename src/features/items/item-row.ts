/** Version of every formula below; a change makes earlier models `features_changed`. */
const ITEM_FEATURES_VERSION = 1;

const DAY_MS = 86_400_000;
/** Entries that a row looks back on: thirty and the one before them. */
const MAX_ENTRIES = 31;
/** Before that many entries a row says too little. */
export const MIN_ROW_ENTRIES = 7;

/**
 * Features of one item's price at one entry, by its own sequence of entries, about one a day. Windows of
 * 7 and 30 count entries; a window that reaches back before the first known entry begins there. All are
 * free of scale: prices only meet as ratios.
 */
export const ITEM_PRICE_FEATURES: readonly string[] = [
  'item_return_1',
  'item_return_3',
  'item_return_7',
  'item_return_14',
  'item_return_30',
  'item_ma7_distance',
  'item_ma30_distance',
  'item_ma7_over_ma30',
  'item_std7',
  'item_std30',
  'item_volatility_7',
  'item_range_position_30',
  'item_drawdown_30',
  'item_rise_30',
  'item_history_30',
  'item_gap_days',
];

const RETURN_LAGS = [1, 3, 7, 14, 30] as const;
const ATTRIBUTE_PREFIX = 'attribute_';

/** Name of the feature that holds an item's attribute. */
export function attributeFeature(attribute: string): string {
  return `${ATTRIBUTE_PREFIX}${attribute}`;
}

/** As a feature's `name@version`; undefined for a name that is none of an item's features. */
export function findItemFeatureId(name: string): string | undefined {
  const isItems = ITEM_PRICE_FEATURES.includes(name) || name.startsWith(ATTRIBUTE_PREFIX);
  return isItems ? `${name}@${ITEM_FEATURES_VERSION}` : undefined;
}

/** Prices of one item in the order of time. */
export interface ItemSequence {
  /** Epoch milliseconds, rising. */
  readonly openTimes: ArrayLike<number>;
  readonly prices: ArrayLike<number>;
}

const newest = new Float64Array(MAX_ENTRIES);

/**
 * Writes the price features of entry `at` into `row`, without looking at any later entry.
 *
 * @param reachMs entries that lie as far back as this or farther are not looked at
 * @returns false where the item has too short a past
 */
export function writeItemRow(
  item: ItemSequence,
  at: number,
  { reachMs, row }: { readonly reachMs: number; readonly row: Float32Array | Float64Array },
): boolean {
  const count = readNewest(item, at, reachMs);
  if (count < MIN_ROW_ENTRIES) return false;
  const price = newest[0] ?? NaN;
  const week = windowOf(Math.min(7, count));
  const month = windowOf(Math.min(30, count));
  const gapMs = (item.openTimes[at] ?? NaN) - (item.openTimes[at - 1] ?? NaN);
  const values = [
    ...RETURN_LAGS.map((lag) => Math.log(price / (newest[Math.min(lag, count - 1)] ?? NaN))),
    Math.log(price / week.mean),
    Math.log(price / month.mean),
    Math.log(week.mean / month.mean),
    week.deviation / week.mean,
    month.deviation / month.mean,
    volatility(Math.min(7, count - 1)),
    month.high > month.low ? (price - month.low) / (month.high - month.low) : 0.5,
    Math.log(price / month.high),
    Math.log(price / month.low),
    Math.min(count, 30) / 30,
    Math.log1p(gapMs / DAY_MS),
  ];
  row.set(values);
  return true;
}

/** Copies the entry and those before it, newest first. @returns how many */
function readNewest({ openTimes, prices }: ItemSequence, at: number, reachMs: number): number {
  const oldest = (openTimes[at] ?? NaN) - reachMs;
  let count = 0;
  while (count < MAX_ENTRIES && at - count >= 0 && (openTimes[at - count] ?? NaN) > oldest) {
    newest[count] = prices[at - count] ?? NaN;
    count++;
  }
  return count;
}

function windowOf(length: number) {
  let [sum, high, low] = [0, -Infinity, Infinity];
  for (let back = 0; back < length; back++) {
    const price = newest[back] ?? NaN;
    sum += price;
    high = Math.max(high, price);
    low = Math.min(low, price);
  }
  const mean = sum / length;
  let squares = 0;
  for (let back = 0; back < length; back++) squares += ((newest[back] ?? NaN) - mean) ** 2;
  return { mean, high, low, deviation: Math.sqrt(squares / length) };
}

/** Root mean square of the newest log returns from entry to entry. */
function volatility(length: number): number {
  let squares = 0;
  for (let back = 0; back < length; back++) {
    squares += Math.log((newest[back] ?? NaN) / (newest[back + 1] ?? NaN)) ** 2;
  }
  return Math.sqrt(squares / length);
}
