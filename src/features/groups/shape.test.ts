import { checkFormulas } from '../../../test/golden/check-formulas.js';
import { balance, mean, total, type NaiveRow } from '../../../test/golden/naive-rows.js';

interface Parts {
  readonly body: number;
  readonly range: number;
  readonly upper: number;
  readonly lower: number;
}

function parts(row: NaiveRow, lag = 0): Parts {
  const [open, close] = [row.at('open', lag), row.at('close', lag)];
  const [high, low] = [row.at('high', lag), row.at('low', lag)];
  return {
    body: close - open,
    range: high - low,
    upper: high - Math.max(open, close),
    lower: Math.min(open, close) - low,
  };
}

function lastParts(row: NaiveRow, bars: number): Parts[] {
  return Array.from({ length: bars }, (_, lag) => parts(row, lag));
}

function share(part: number, { range }: Parts): number {
  return range === 0 ? 0 : part / range;
}

function location(row: NaiveRow, lag: number): number {
  const { range } = parts(row, lag);
  if (range === 0) return 0;
  return (2 * row.at('close', lag) - row.at('high', lag) - row.at('low', lag)) / range;
}

/** Bars of one sign in a row that end with the newest, at most 16. */
function streak(change: (lag: number) => number): number {
  const sign = Math.sign(change(0));
  let bars = 1;
  while (bars < 16 && Math.sign(change(bars)) === sign) bars++;
  return sign * bars;
}

checkFormulas('candle shape features', {
  body_share: (row) => share(parts(row).body, parts(row)),
  upper_wick_share: (row) => share(parts(row).upper, parts(row)),
  lower_wick_share: (row) => share(parts(row).lower, parts(row)),
  close_location: (row) => location(row, 0),
  close_location_mean_20: (row) => mean(Array.from({ length: 20 }, (_, lag) => location(row, lag))),
  body_share_mean_20: (row) => {
    const bars = lastParts(row, 20);
    return total(bars.map(({ body }) => Math.abs(body))) / total(bars.map(({ range }) => range));
  },
  wick_balance_5: (row) => {
    const bars = lastParts(row, 5);
    return balance(total(bars.map(({ lower }) => lower)), total(bars.map(({ upper }) => upper)));
  },
  body_balance: (row) => balance(Math.abs(parts(row).body), Math.abs(parts(row, 1).body)),
  colour_persistence: (row) => Math.sign(parts(row).body) * Math.sign(parts(row, 1).body),
  colour_sum_8: (row) => total(lastParts(row, 8).map(({ body }) => Math.sign(body))),
  outside_bar: (row) =>
    Number(row.at('high') > row.at('high', 1) && row.at('low') < row.at('low', 1)),
  inside_bar: (row) =>
    Number(row.at('high') < row.at('high', 1) && row.at('low') > row.at('low', 1)),
  range_overlap: (row) => {
    const top = Math.min(row.at('high'), row.at('high', 1));
    const bottom = Math.max(row.at('low'), row.at('low', 1));
    const { range } = parts(row);
    return range === 0 ? 1 : Math.max(-1, Math.min(1, (top - bottom) / range));
  },
  close_streak: (row) => streak((lag) => row.at('close', lag) - row.at('close', lag + 1)),
  low_streak: (row) => streak((lag) => row.at('low', lag) - row.at('low', lag + 1)),
  body_streak: (row) => streak((lag) => parts(row, lag).body),
  range_rank_7: (row) => {
    const [newest, ...others] = lastParts(row, 7).map(({ range }) => range);
    const below = others.filter((range) => range < (newest ?? NaN)).length;
    return (below + others.filter((range) => range === newest).length / 2) / 6;
  },
});
