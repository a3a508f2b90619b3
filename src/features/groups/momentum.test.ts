import { checkFormulas } from '../../../test/golden/check-formulas.js';
import {
  correlation,
  deviation,
  mean,
  total,
  type NaiveRow,
} from '../../../test/golden/naive-rows.js';

function trueRanges(row: NaiveRow, bars: number): number[] {
  return Array.from({ length: bars }, (_, lag) => {
    const [high, low, previous] = [
      row.at('high', lag),
      row.at('low', lag),
      row.at('close', lag + 1),
    ];
    return Math.max(high - low, Math.abs(high - previous), Math.abs(low - previous));
  });
}

function place(row: NaiveRow, bars: number): number {
  const low = Math.min(...row.last('low', bars));
  return (row.at('close') - low) / (Math.max(...row.last('high', bars)) - low);
}

/** Least-squares line through the last log closes, from 0 at the oldest. */
function logCloses(row: NaiveRow, bars: number): number[] {
  return row.last('close', bars).map((close) => Math.log(close / row.at('close', bars - 1)));
}

function slope(values: readonly number[]): number {
  const times = values.map((_, i) => i);
  const middle = mean(times);
  const products = values.map((value, i) => (i - middle) * value);
  return total(products) / total(times.map((time) => (time - middle) ** 2));
}

function shareAbove(row: NaiveRow, bars: number): number {
  const flags = Array.from({ length: bars }, (_, lag) =>
    Number(row.at('close', lag) > mean(row.last('close', bars, lag))),
  );
  return mean(flags);
}

/** Path between neighbouring bars: from the last low to the high, and from the last high to the low. */
function vortex(row: NaiveRow, bars: number): number {
  const lags = Array.from({ length: bars }, (_, lag) => lag);
  const up = total(lags.map((lag) => Math.abs(row.at('high', lag) - row.at('low', lag + 1))));
  const down = total(lags.map((lag) => Math.abs(row.at('low', lag) - row.at('high', lag + 1))));
  return (up - down) / (up + down);
}

checkFormulas('momentum features', {
  cmo_20: (row) => {
    const closes = row.last('close', 21);
    const steps = closes.slice(1).map((close, i) => close - (closes[i] ?? NaN));
    return total(steps) / total(steps.map(Math.abs));
  },
  williams_r_20: (row) => place(row, 20) - 1,
  stochastic_fast_k_28: (row) => place(row, 28),
  stochastic_slow_k_14: (row) => {
    const lags = [0, 1, 2].map((lag) => {
      const low = Math.min(...row.last('low', 14, lag));
      return (row.at('close', lag) - low) / (Math.max(...row.last('high', 14, lag)) - low);
    });
    return mean(lags);
  },
  vigor_index_10: (row) => {
    const bodies = row
      .last('close', 10)
      .map((close, i) => close - (row.last('open', 10)[i] ?? NaN));
    const ranges = row.last('high', 10).map((high, i) => high - (row.last('low', 10)[i] ?? NaN));
    return total(bodies) / total(ranges);
  },
  fisher_10: (row) => {
    const inside = Math.min(Math.max(place(row, 10), 0.001), 0.999);
    return 0.5 * Math.log(inside / (1 - inside));
  },
});

checkFormulas('trend features', {
  regression_slope_20: (row) => slope(logCloses(row, 20)) / deviation(row.returns(48)),
  regression_slope_100: (row) => slope(logCloses(row, 100)) / deviation(row.returns(100)),
  regression_r2_50: (row) => {
    const line = logCloses(row, 50);
    return (
      correlation(
        line,
        line.map((_, i) => i),
      ) ** 2
    );
  },
  bollinger_position_50: (row) => {
    const closes = row.last('close', 50);
    return (row.at('close') - mean(closes) + 2 * deviation(closes)) / (4 * deviation(closes));
  },
  sma_alignment: (row) => {
    const averages = [5, 10, 20, 50, 100].map((bars) => mean(row.last('close', bars)));
    const steps = averages.slice(1).map((long, i) => Math.sign((averages[i] ?? NaN) - long));
    return mean(steps);
  },
  above_sma_20_share: (row) => shareAbove(row, 20),
  above_sma_50_share: (row) => shareAbove(row, 50),
  aroon_oscillator_25: (row) => {
    const [highs, lows] = [row.last('high', 26), row.last('low', 26)];
    return (highs.lastIndexOf(Math.max(...highs)) - lows.lastIndexOf(Math.min(...lows))) / 25;
  },
  vortex_balance_14: (row) => vortex(row, 14),
  choppiness_14: (row) => {
    const box = Math.max(...row.last('high', 14)) - Math.min(...row.last('low', 14));
    return Math.log(total(trueRanges(row, 14)) / box) / Math.log(14);
  },
});
