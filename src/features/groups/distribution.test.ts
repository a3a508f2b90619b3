import { checkFormulas } from '../../../test/golden/check-formulas.js';
import {
  balance,
  centralMoment,
  correlation,
  deviation,
  mean,
  times,
  total,
  type NaiveRow,
} from '../../../test/golden/naive-rows.js';

function efficiency(row: NaiveRow, bars: number): number {
  const closes = row.last('close', bars + 1);
  const steps = closes.slice(1).map((close, i) => Math.abs(close - (closes[i] ?? NaN)));
  return Math.abs(row.at('close') - row.at('close', bars)) / total(steps);
}

function varianceRatio(row: NaiveRow, step: number, bars: number): number {
  const coarse = Array.from({ length: bars }, (_, lag) => total(row.returns(step, lag)));
  return centralMoment(coarse, 2) / (step * centralMoment(row.returns(bars + step - 1), 2));
}

/** Bars since the newest of the best values, as a share of the window. */
function age(values: readonly number[], best: number): number {
  return (values.length - 1 - values.lastIndexOf(best)) / values.length;
}

checkFormulas('distribution features', {
  skewness_48: (row) => centralMoment(row.returns(48), 3) / deviation(row.returns(48)) ** 3,
  skewness_168: (row) => centralMoment(row.returns(168), 3) / deviation(row.returns(168)) ** 3,
  kurtosis_96: (row) =>
    centralMoment(row.returns(96), 4) / centralMoment(row.returns(96), 2) ** 2 - 3,
  autocorrelation_1_24: (row) => correlation(row.returns(24), row.returns(24, 1)),
  autocorrelation_2_96: (row) => correlation(row.returns(96), row.returns(96, 2)),
  vol_clustering_48: (row) =>
    correlation(row.returns(48).map(Math.abs), row.returns(48, 1).map(Math.abs)),
  up_balance_5: (row) => mean(row.returns(5).map(Math.sign)),
  up_balance_100: (row) => mean(row.returns(100).map(Math.sign)),
  efficiency_ratio_20: (row) => efficiency(row, 20),
  efficiency_ratio_100: (row) => efficiency(row, 100),
  variance_ratio_2_48: (row) => varianceRatio(row, 2, 48),
  variance_ratio_8_168: (row) => varianceRatio(row, 8, 168),
  variance_ratio_24_480: (row) => varianceRatio(row, 24, 480),
  mean_drawdown_24: (row) =>
    mean(
      Array.from({ length: 24 }, (_, lag) =>
        Math.log(row.at('close', lag) / Math.max(...row.last('close', 24, lag))),
      ),
    ),
  high_age_96: (row) => age(row.last('high', 96), Math.max(...row.last('high', 96))),
  low_age_24: (row) => age(row.last('low', 24), Math.min(...row.last('low', 24))),
  sharpe_48: (row) => mean(row.returns(48)) / deviation(row.returns(48)),
  sign_persistence_24: (row) =>
    mean(times(row.returns(24).map(Math.sign), row.returns(24, 1).map(Math.sign))),
  mean_to_deviation_48: (row) => mean(row.returns(48).map(Math.abs)) / deviation(row.returns(48)),
  path_share_24: (row) => total(row.returns(24)) / total(row.returns(24).map(Math.abs)),
  extreme_balance_24: (row) => balance(Math.max(...row.returns(24)), -Math.min(...row.returns(24))),
});
