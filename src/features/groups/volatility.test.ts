import { checkFormulas } from '../../../test/golden/check-formulas.js';
import { balance, deviation, mean, times, type NaiveRow } from '../../../test/golden/naive-rows.js';

/** Root of the mean variance of the single bars. */
function overBars(
  row: NaiveRow,
  bars: number,
  variance: (bar: Readonly<Record<'o' | 'h' | 'l' | 'c', number>>) => number,
): number {
  const singles = Array.from({ length: bars }, (_, lag) =>
    variance({
      o: row.at('open', lag),
      h: row.at('high', lag),
      l: row.at('low', lag),
      c: row.at('close', lag),
    }),
  );
  return Math.sqrt(mean(singles));
}

function parkinson(row: NaiveRow, bars: number): number {
  return overBars(row, bars, ({ h, l }) => Math.log(h / l) ** 2 / (4 * Math.LN2));
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(mean(values.map((value) => value ** 2)));
}

function ranges(row: NaiveRow, bars: number): number[] {
  const low = row.last('low', bars);
  return row.last('high', bars).map((high, i) => high - (low[i] ?? NaN));
}

checkFormulas('volatility features', {
  realised_vol_6: (row) => deviation(row.returns(6)),
  realised_vol_168: (row) => deviation(row.returns(168)),
  parkinson_24: (row) => parkinson(row, 24),
  garman_klass_48: (row) =>
    overBars(
      row,
      48,
      ({ o, h, l, c }) => 0.5 * Math.log(h / l) ** 2 - (2 * Math.LN2 - 1) * Math.log(c / o) ** 2,
    ),
  rogers_satchell_24: (row) =>
    overBars(
      row,
      24,
      ({ o, h, l, c }) => Math.log(h / c) * Math.log(h / o) + Math.log(l / c) * Math.log(l / o),
    ),
  range_ratio_10: (row) => (row.at('high') - row.at('low')) / mean(ranges(row, 10)),
  vol_trend_24_168: (row) => balance(deviation(row.returns(24)), deviation(row.returns(168))),
  vol_of_vol_12_48: (row) => {
    const vols = Array.from({ length: 48 }, (_, lag) => deviation(row.returns(12, lag)));
    return deviation(vols) / mean(vols);
  },
  vol_position_24_96: (row) => {
    const vols = Array.from({ length: 96 }, (_, lag) => deviation(row.returns(24, lag)));
    const lowest = Math.min(...vols);
    return ((vols[0] ?? NaN) - lowest) / (Math.max(...vols) - lowest);
  },
  vol_change_24: (row) => balance(deviation(row.returns(24)), deviation(row.returns(24, 24))),
  semideviation_balance_96: (row) => {
    const up = row.returns(96).map((value) => Math.max(value, 0));
    const down = row.returns(96).map((value) => Math.max(-value, 0));
    return balance(rootMeanSquare(up), rootMeanSquare(down));
  },
  bollinger_width_20: (row) => (4 * deviation(row.last('close', 20))) / mean(row.last('close', 20)),
  range_to_close_vol_24: (row) => balance(parkinson(row, 24), deviation(row.returns(24))),
  largest_move_24: (row) => Math.max(...row.returns(24).map(Math.abs)) / deviation(row.returns(24)),
  jump_share_24: (row) => {
    const sizes = row.returns(24).map(Math.abs);
    const neighbours = mean(times(sizes, row.returns(24, 1).map(Math.abs)));
    return 1 - ((Math.PI / 2) * neighbours) / mean(sizes.map((size) => size ** 2));
  },
});
